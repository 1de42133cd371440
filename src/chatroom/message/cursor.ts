import { decodeCursor, encodeCursor } from '../../common/http/cursor.js';

/** Where a page of rooms ends: the order of the list. */
export interface RoomPosition {
  activityAt: Date;
  id: string;
}

const ROOM = /^r(\d{1,14})\.([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;
const MESSAGE = /^m(\d{1,9})$/;

export const toRoomCursor = ({ activityAt, id }: RoomPosition): string =>
  encodeCursor(`r${activityAt.getTime()}.${id}`);

/** @throws AppError `validation.failed` for anything but a cursor of the room list */
export function fromRoomCursor(cursor: string): RoomPosition {
  const [time, id] = decodeCursor(cursor, ROOM);
  return { activityAt: new Date(Number(time)), id: String(id) };
}

/** `number`: the oldest message of the page. */
export const toMessageCursor = (number: number): string => encodeCursor(`m${number}`);

/** @throws AppError `validation.failed` for anything but a cursor of a message list */
export function fromMessageCursor(cursor: string): number {
  const [number] = decodeCursor(cursor, MESSAGE);
  return Number(number);
}
