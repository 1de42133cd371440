/** Which message of which room. */
export interface MessagePath {
  chatroomId: string;
  id: string;
}
