import { Module } from '@nestjs/common';
import { ServerKeys } from '../common/crypto/secrets.js';
import { QuotaService } from './quota.service.js';

@Module({ providers: [ServerKeys, QuotaService], exports: [QuotaService] })
export class QuotaModule {}
