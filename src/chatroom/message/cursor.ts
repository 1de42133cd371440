import { AppError } from '../../common/errors/app-error.js';

/** Where a page of rooms ends: the order of the list. */
export interface RoomPosition {
  activityAt: Date;
  id: string;
}

const ROOM = /^r(\d{1,14})\.([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;
const MESSAGE = /^m(\d{1,9})$/;

export const toRoomCursor = ({ activityAt, id }: RoomPosition): string =>
  wrap(`r${activityAt.getTime()}.${id}`);

/** @throws AppError `validation.failed` for anything but a cursor of the room list */
export function fromRoomCursor(cursor: string): RoomPosition {
  const [, time, id] = ROOM.exec(unwrap(cursor)) ?? refuse();
  return { activityAt: new Date(Number(time)), id: String(id) };
}

/** `number`: the oldest message of the page. */
export const toMessageCursor = (number: number): string => wrap(`m${number}`);

/** @throws AppError `validation.failed` for anything but a cursor of a message list */
export function fromMessageCursor(cursor: string): number {
  const [, number] = MESSAGE.exec(unwrap(cursor)) ?? refuse();
  return Number(number);
}

const wrap = (text: string) => Buffer.from(text).toString('base64url');
const unwrap = (cursor: string) => Buffer.from(cursor, 'base64url').toString();

function refuse(): never {
  const message = 'must be the nextCursor of this list';
  throw new AppError('validation.failed', {
    detail: `cursor ${message}.`,
    errors: [{ field: 'cursor', message }],
  });
}
