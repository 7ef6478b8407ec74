import { ServerCredentials } from "@grpc/grpc-js";
import type { ReloadedTls } from "@plinth/server-tls";

/** TLS for grpc-js with what the files hold: connections get what is there when they come. */
export class ReloadedCredentials extends ServerCredentials {
  constructor(tls: ReloadedTls) {
    super(tls.bounds, tls.context);
    tls.onChange((context) => this.updateSecureContextOptions(context));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
