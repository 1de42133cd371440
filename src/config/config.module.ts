import { Global, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, ConfigService } from '@nestjs/config';
import { readEnvironment } from './environment.js';
import { loadSettings, Settings } from './settings.js';
import { timing, Timing } from './timing.js';

const SETTINGS = 'settings';

/** The settings of this process, for what must know them before there is a module. */
export const readSettings = () => loadSettings(readEnvironment());

/** Reads `.env` and the environment (which wins), and offers the result as `Settings` and `Timing`. */
@Global()
@Module({
  imports: [
    NestConfigModule.forRoot({
      cache: true,
      ignoreEnvFile: true,
      load: [() => ({ [SETTINGS]: readSettings() })],
    }),
  ],
  providers: [
    {
      provide: Settings,
      inject: [ConfigService],
      useFactory: (config: ConfigService) => config.getOrThrow<Settings>(SETTINGS),
    },
    { provide: Timing, inject: [Settings], useFactory: timing },
  ],
  exports: [Settings, Timing],
})
export class ConfigModule {}
