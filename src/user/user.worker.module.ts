import { Module } from '@nestjs/common';
import { ChatroomWorkerModule } from '../chatroom/chatroom.worker.module.js';
import { AccountPurgeWork } from './account-purge.work.js';

/** The work that the deletion of an account makes. */
@Module({ imports: [ChatroomWorkerModule], providers: [AccountPurgeWork], exports: [AccountPurgeWork] })
export class UserWorkerModule {}
