import { listParams, page } from '../paging.js';
import { apiErrors } from '../api-error.js';
import type { StripeEvent } from '../wire/event.js';
import type { Call, Route, SandboxContext } from '../context.js';

/** The largest number of event types in one list request. */
const MOST_TYPES = 20;

export function eventRoutes(context: SandboxContext): Route[] {
  const list = ({ params }: Call) => {
    const type = params.text('type');
    const types = params.texts('types');
    if (types.length > MOST_TYPES) {
      throw apiErrors.invalid(`Invalid array: at most ${MOST_TYPES} types may be asked for.`, 'types');
    }
    const isListed = (event: StripeEvent) =>
      (type === null || matches(event.type, type)) && (types.length === 0 || types.includes(event.type));
    return page(Object.values(context.store.state.events).filter(isListed), params, '/v1/events');
  };
  const get = ({ id }: Call) => {
    const event = context.store.state.events[id];
    if (!event) throw apiErrors.noSuch('event', id);
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
function matches(type: string, pattern: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
