// An export, as a file: fetched with the session's credentials, since in AWS those are a token and no cookie goes along with a plain link.
import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import { useId, type ReactNode } from 'react'
import { carried, problem, Problem } from '../api/client'
import { asProblem } from '../api/read'
import { useTell } from '../shell/Messages'
import { useDenied, type Operation } from '../state/me'
import { bytes } from './number'
import { visible } from './Wire'

export interface Export {
  path: string // of the API, with its query: /v1/detections/export?format=csv&...
  name: string // of the file, where the answer does not say
}

/** The most that one export may be, in bytes. The browser keeps it until it is whole: what is larger is the command line's. */
export const largest = 512_000_000

interface Props {
  op: Operation
  formats: readonly { text: string; of: () => Export }[]
  children?: ReactNode // the button's text; "Export" where absent
  disabled?: boolean
  disabledReason?: string
}

/** A button that offers an export in each format. */
export function Download({ op, formats, children = 'Export', disabled, disabledReason }: Props): ReactNode {
  const save = useDownload()
  const denied = useDenied(op)
  return (
    <ButtonDropdown
      items={formats.map((f, i) => ({ id: String(i), text: f.text }))}
      disabled={disabled || denied !== undefined}
      disabledReason={denied ?? disabledReason}
      onItemClick={(e) => {
        const chosen = formats[Number(e.detail.id)]
        if (chosen) save(chosen.of())
      }}
    >
      {children}
    </ButtonDropdown>
  )
}

/** Gives what fetches an export and saves it. How far it is stands above the page, with a button that ends it; the page may be left meanwhile. */
export function useDownload(): (e: Export) => void {
  const tell = useTell()
  const own = useId()
  return (e) => {
    const id = `${own}-${e.path}`
    const stop = new AbortController()
    const busy = (n: number) => tell({ id, type: 'busy', text: <>Exporting {visible(e.name, 100)}: {bytes(n)} so far, of at most {bytes(largest)}.</>, stop: () => stop.abort() })
    busy(0)
    fetched(e, stop.signal, busy).then(
      (got) => {
        saved(got.blob, got.name)
        const text = `${visible(got.name, 100)}: ${bytes(got.blob.size)} saved.`
        tell(got.broken ? { id, type: 'warning', text: `${text} It is not whole: ${visible(got.broken)}` } : { id, type: 'success', text })
      },
      (why: unknown) => tell(stop.signal.aborted
        ? { id, type: 'info', text: 'The export was cancelled. Nothing was saved.' }
        : { id, type: 'error', text: `The export failed: ${visible(asProblem(why).message, 1000)} Nothing was saved.` }),
    )
  }
}

interface Got {
  blob: Blob
  name: string
  broken?: string // why the export ended before its end
}

/** Fetches an export piece by piece. Pieces are handed to the browser every 4 MB, which puts them on the disk where it can: the page itself never holds more. */
export async function fetched(e: Export, signal: AbortSignal, progress: (bytes: number) => void): Promise<Got> {
  const answer = await carried(e.path, { signal })
  if (!answer.ok || !answer.body) throw problem(answer.status, await answer.json().catch(() => undefined))
  const type = answer.headers.get('Content-Type') ?? 'application/octet-stream'
  let whole = new Blob([], { type })
  let pieces: BlobPart[] = []
  let tail = new Uint8Array()
  let [held, told] = [0, 0]
  for await (const piece of read(answer.body)) {
    pieces.push(piece)
    held += piece.byteLength
    tail = lastOf(tail, piece)
    if (whole.size + held > largest) throw tooLarge()
    if (held >= 4_000_000) [whole, pieces, held] = [new Blob([whole, ...pieces], { type }), [], 0]
    if (Date.now() - told < 250) continue
    progress(whole.size + held)
    told = Date.now()
  }
  const blob = new Blob([whole, ...pieces], { type })
  return { blob, name: nameOf(answer.headers.get('Content-Disposition')) ?? e.name, broken: ending(new TextDecoder().decode(tail)) }
}

// lastOf keeps the end of what came, where an export says that it is not whole.
function lastOf(tail: Uint8Array<ArrayBuffer>, piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array([...tail, ...piece.slice(-4096)])
  return both.slice(-4096)
}

const tooLarge = () => new Problem(413, 'The export is too large', `It is larger than ${bytes(largest)}, which is the most that is held in a browser. Narrow the filter or the time, or use the API.`)

async function* read(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}

/** Reads the last line of an export: one that ended before its end says so there. */
export function ending(tail: string): string | undefined {
  const last = tail.trimEnd().split('\n').at(-1) ?? ''
  if (last.startsWith('#error') || last.startsWith('"#error')) return last.replace(/^"?#error"?,?\s*/, '').replace(/,+$/, '')
  if (!last.startsWith('{"error"')) return undefined
  try {
    const said = (JSON.parse(last) as { error: unknown }).error
    return typeof said === 'string' ? said : JSON.stringify(said)
  } catch {
    return undefined
  }
}

/** Reads a file's name off an answer. It becomes a plain name: no path, nothing that is not shown. */
export function nameOf(disposition: string | null): string | undefined {
  const name = /filename="?([^";]+)"?/i.exec(disposition ?? '')?.[1]
  return name?.replace(/[^\w.-]+/g, '_').slice(-100) || undefined
}

function saved(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
