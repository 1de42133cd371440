export class FieldProblemDto {
  /** @example "mobile" */
  field!: string;
  /** @example "mobile must be a phone number" */
  message!: string;
}

/** Every error has this form (RFC 9457). `code` is stable: decide by it. */
export class ProblemDto {
  /** @example "about:blank" */
  type!: string;
  title!: string;
  status!: number;
  /** What happened with this request, for the person. */
  detail!: string;
  /** @example "validation.failed" */
  code!: string;
  /** Of this request, as in `X-Request-Id`: quote it when you ask for help. */
  requestId!: string;
  /** The fields at fault, for `validation.failed`. */
  errors?: FieldProblemDto[];
}
