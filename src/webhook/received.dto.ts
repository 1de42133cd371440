/** The event is stored. */
export class ReceivedDto {
  received!: true;
}
