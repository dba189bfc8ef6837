import type { Schemas } from '../api/client'
import { counted } from '../ui/number'

/** Says what a change of the rules did to what is stored. */
export function changedText(a: Schemas['Applied'] | undefined): string {
  if (!a) return ''
  const parts = [a.hidden > 0 && `${counted(a.hidden, 'detection')} hidden`, a.shown > 0 && `${counted(a.shown, 'detection')} shown again`].filter(Boolean)
  const said = parts.length > 0 ? `${parts.join(', ')}.` : 'Nothing that is stored changed by it.'
  return a.complete ? said : `${said} The rest follows: ${a.why ?? 'there was too much for one go'}.`
}
