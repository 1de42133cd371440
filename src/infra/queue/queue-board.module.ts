import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { BullBoardModule } from '@bull-board/nestjs';
import { Module } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { createBoardAdapter } from './board-adapter.js';
import { QUEUES } from './queue-names.js';

const options = { readOnlyMode: true, allowRetries: false };

/** The queue board at /queues. */
@Module({
  imports: [
    BullBoardModule.forRootAsync({
      inject: [Settings],
      useFactory: (settings: Settings) => ({
        route: '/queues',
        adapter: createBoardAdapter(settings.ADMIN_PASSWORD),
        boardOptions: { uiConfig: { boardTitle: 'Gemini chat queues' } },
        middleware: [],
      }),
    }),
    BullBoardModule.forFeature(...QUEUES.map((name) => ({ name, adapter: BullMQAdapter, options }))),
  ],
})
export class QueueBoardModule {}
