import { Module } from '@nestjs/common';
import { ReplyModule } from './reply/reply.module.js';
import { ChatroomPurgeWork } from './room/chatroom-purge.work.js';
import { RoomPurgeService } from './room/room-purge.service.js';

/** The work that rooms and their messages make. */
@Module({
  imports: [ReplyModule],
  providers: [ChatroomPurgeWork, RoomPurgeService],
  exports: [ReplyModule, ChatroomPurgeWork, RoomPurgeService],
})
export class ChatroomWorkerModule {}
