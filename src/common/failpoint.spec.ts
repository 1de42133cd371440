import { failpointProblem } from '../config/failpoints.js';
import { armFailpoints, failpoint } from './failpoint.js';

describe('a failpoint', () => {
  let strikes: unknown[];

  beforeEach(() => {
    strikes = [];
    jest.spyOn(process, 'kill').mockImplementation((...strike) => {
      strikes.push(strike);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.removeAllListeners('message');
  });

  it('does nothing where none was ever armed', () => {
    armFailpoints(undefined);
    failpoint('accept.committed');
    expect(strikes).toEqual([]);
    expect(process.listenerCount('message')).toBe(0);
  });

  it('strikes once, the time it was armed for, and nowhere else', () => {
    armFailpoints('reply.claimed=stop@2,reply.finished=kill@1');
    failpoint('reply.claimed');
    failpoint('accept.committed');
    expect(strikes).toEqual([]);
    for (let i = 0; i < 3; i += 1) failpoint('reply.claimed');
    expect(strikes).toEqual([[process.pid, 'SIGSTOP']]);
    failpoint('reply.finished');
    expect(strikes).toHaveLength(2);
  });

  it('can be armed and disarmed by the parent process while it runs', () => {
    armFailpoints('none');
    process.emit('message', { failpoints: 'reply.ended=kill@1' }, undefined);
    process.emit('message', { failpoints: 'none' }, undefined);
    failpoint('reply.ended');
    expect(strikes).toEqual([]);
  });

  it.each([
    'accept.committed',
    'accept.committed=die@1',
    'accept.committed=kill@0',
    '',
    'reply.claimed=kill@1,',
    'reply.claim=kill@1',
  ])('names what is wrong with "%s"', (list) => expect(failpointProblem(list)).toMatch(/is not of the form/));
});
