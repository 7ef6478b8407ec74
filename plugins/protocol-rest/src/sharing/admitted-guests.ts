import type { PortGuest, SharedPort } from "@plinth/core";

/** The protocols that share this one's port. */
export class AdmittedGuests implements SharedPort {
  readonly #guests: PortGuest[] = [];

  get guests(): readonly PortGuest[] {
    return this.#guests;
  }

  admit(guest: PortGuest): void {
    this.#guests.push(guest);
  }
}
