import { Param, type PipeTransform } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import type { ErrorCode } from '../errors/catalogue.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

class UuidPipe implements PipeTransform<string, string> {
  constructor(private readonly missing: ErrorCode) {}

  transform(value: string): string {
    const id = value.toLowerCase();
    if (UUID.test(id)) return id;
    throw new AppError(this.missing);
  }
}

/** A path's id, in lower case. What is no UUID is refused as a missing resource is. @param missing the code of that error */
export const UuidParam = (name: string, missing: ErrorCode) => Param(name, new UuidPipe(missing));
