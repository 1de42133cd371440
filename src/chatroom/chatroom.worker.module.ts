import { Module } from '@nestjs/common';
import { ReplyModule } from './reply/reply.module.js';
import { ChatroomPurgeWork } from './room/chatroom-purge.work.js';

/** The work that rooms and their messages make. */
@Module({ imports: [ReplyModule], providers: [ChatroomPurgeWork], exports: [ReplyModule, ChatroomPurgeWork] })
export class ChatroomWorkerModule {}
