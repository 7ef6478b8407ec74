import { useState } from "preact/hooks";
import { isTokenKnown } from "../api/client.js";
import { changeToken } from "../api/token.js";
import { Failure } from "./notice.js";

/** Stands in place of the pages where the server wants a token. @param isUnknown whether it has refused one just now */
export function TokenForm({ isUnknown: wasUnknown }: { readonly isUnknown: boolean }) {
  const [token, setToken] = useState("");
  const [isUnknown, setUnknown] = useState(wasUnknown);
  const [error, setError] = useState<Error>();
  const submit = async (event: Event) => {
    event.preventDefault();
    setError(undefined);
    try {
      const isKnown = await isTokenKnown(token.trim());
      setUnknown(!isKnown);
      if (isKnown) changeToken(token.trim());
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  };
  return (
    <form class="card gate" onSubmit={submit}>
      <h1>This server is managed with a token</h1>
      <p class="quiet">
        One of <code>server.managementTokens</code> in its configuration. This tab keeps it until it is closed.
      </p>
      <label class="field">
        Token
        <input
          type="password"
          required
          autocomplete="current-password"
          value={token}
          aria-invalid={isUnknown}
          aria-describedby={isUnknown ? "token-unknown" : undefined}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
      </label>
      {isUnknown && (
        <p class="failure" role="alert" id="token-unknown">
          The server does not know this token. Is it one of this server's, and typed whole?
        </p>
      )}
      <Failure error={error} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={token.trim() === ""}>
          Go on
        </button>
      </div>
    </form>
  );
}
