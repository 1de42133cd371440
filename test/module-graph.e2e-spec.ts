import { Test, type TestingModule } from '@nestjs/testing';
import { ModulesContainer } from '@nestjs/core';
import { System } from './support/system.js';

/** The names of everything that a process is made of. */
function partsOf(root: TestingModule) {
  const modules = [...root.get(ModulesContainer).values()];
  const names = (kind: 'controllers' | 'providers') =>
    modules.flatMap((module) => [...module[kind].values()].map((part) => String(part.name)));
  return {
    modules: modules.map((module) => module.metatype.name),
    controllers: names('controllers'),
    providers: names('providers'),
  };
}

describe('the two processes', () => {
  let system: System;
  const before = { ...process.env };

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0 });
    Object.assign(process.env, system.env);
  });
  afterAll(async () => {
    process.env = before;
    await system?.stop();
  });

  const compile = async (root: 'api' | 'worker') => {
    const { ApiModule } = await import('../src/app/api.module.js');
    const { WorkerModule } = await import('../src/app/worker.module.js');
    return Test.createTestingModule({ imports: [root === 'api' ? ApiModule : WorkerModule] }).compile();
  };

  it('the API serves, and never does the work of a reply', async () => {
    const app = await compile('api');
    const { modules, controllers, providers } = partsOf(app);
    await app.close();
    expect(controllers).toEqual(
      expect.arrayContaining(['SignInController', 'PromptController', 'HealthController']),
    );
    expect(
      modules.filter((name) => /Processor|^ReplyModule|^WorkRunnerModule|Gemini|WorkerHealth/.test(name)),
    ).toEqual([]);
    expect(
      providers.filter((name) =>
        /Work$|^Reply(Generator|Completion)$|^GeminiClient$|^WorkRunner$/.test(name),
      ),
    ).toEqual([]);
  });

  it('the worker does it, and serves no route', async () => {
    const app = await compile('worker');
    const { modules, controllers, providers } = partsOf(app);
    await app.close();
    expect(controllers).toEqual([]);
    expect(modules).toEqual(expect.arrayContaining(['ProcessorModule', 'WorkerHealthModule']));
    expect(providers).toEqual(
      expect.arrayContaining(['ReplyWork', 'StripeEventWork', 'WorkRunner', 'GeminiClient']),
    );
  });
});
