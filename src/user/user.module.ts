import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ChatroomModule } from '../chatroom/chatroom.module.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { UserController } from './user.controller.js';
import { UserService } from './user.service.js';

@Module({
  imports: [AuthModule, ChatroomModule, SubscriptionModule],
  controllers: [UserController],
  providers: [UserService],
})
export class UserModule {}
