import { useState } from 'preact/hooks'

interface TokenFormProps {
  readonly problem: string
  readonly onToken: (token: string) => void
}

/** Asks for the token; it is kept until this tab is closed. */
export function TokenForm({ problem, onToken }: TokenFormProps) {
  const [token, setToken] = useState('')
  const submit = (event: Event): void => {
    event.preventDefault()
    if (token.trim() !== '') onToken(token.trim())
  }
  return (
    <form class="token" onSubmit={submit}>
      <h2>This page needs a token</h2>
      <label for="token">Token, as the program was given it</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        value={token}
        aria-describedby="token-problem"
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <p id="token-problem" class="problem" role="alert">
        {problem}
      </p>
      <button type="submit">Look</button>
    </form>
  )
}
