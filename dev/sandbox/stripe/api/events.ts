import { listParams, page } from '../paging.js';
import { refusals } from '../refusal.js';
import type { StripeEvent } from '../wire.js';
import type { Call, Route, World } from '../world.js';

/** Event types that one list takes. */
const MOST_TYPES = 20;

export function eventRoutes(world: World): Route[] {
  const list = ({ params }: Call) => {
    const type = params.text('type');
    const types = params.texts('types');
    if (types.length > MOST_TYPES) {
      throw refusals.invalid(`Invalid array: at most ${MOST_TYPES} types may be asked for.`, 'types');
    }
    const fits = (event: StripeEvent) =>
      (type === null || matches(event.type, type)) && (types.length === 0 || types.includes(event.type));
    return page(Object.values(world.store.state.events).filter(fits), params, '/v1/events');
  };
  const get = ({ id }: Call) => {
    const event = world.store.state.events[id];
    if (!event) throw refusals.noSuch('event', id);
    return event;
  };
  return [
    {
      method: 'GET',
      path: '/v1/events',
      params: [...listParams, 'type', 'types', 'delivery_success'],
      handle: list,
    },
    { method: 'GET', path: '/v1/events/:id', params: [], handle: get },
  ];
}

/** A type may end in `*`. */
function matches(type: string, asked: string): boolean {
  return asked.endsWith('*') ? type.startsWith(asked.slice(0, -1)) : type === asked;
}
