// Channels: what each type needs, and what of a channel is no secret.
import type { Schemas } from '../../../api/client'

export type Channel = Schemas['Channel']
export type Rule = Schemas['NotificationRule']
export type RuleItem = Schemas['NotificationRuleItem']
export type Type = Channel['type']
export type Reason = NonNullable<Rule['on']>[number]

/** One type of channel. */
export interface Kind {
  name: string
  text: string
  fields: readonly ('url' | 'topic' | 'address' | 'path' | 'headers' | 'secret' | 'format' | 'template')[]
  secret?: string // what its secret is
}

export const kinds: Record<Type, Kind> = {
  webhook: { name: 'Webhook', text: 'Posts JSON to an address of yours, signed.', fields: ['url', 'headers', 'secret', 'format', 'template'], secret: 'Key of the signature (HMAC)' },
  slack: { name: 'Slack', text: 'Writes to a channel by an incoming webhook of Slack.', fields: ['url'] },
  pagerduty: { name: 'PagerDuty', text: 'Opens an incident, and closes it with the detection.', fields: ['secret'], secret: 'Routing key' },
  sns: { name: 'Amazon SNS', text: 'Publishes to a topic, for e-mail, text messages, queues and functions.', fields: ['topic'] },
  syslog: { name: 'Syslog', text: 'Sends lines to a collector, by UDP, TCP or TLS.', fields: ['address', 'format'] },
  jsonl: { name: 'File of JSON lines', text: 'Adds lines to a file below the data folder.', fields: ['path', 'format'] },
}

/** Keeps of a channel what its type needs: what was typed for another is not sent along. */
export function fitting(c: Channel): Channel {
  const has = (f: Kind['fields'][number]) => kinds[c.type].fields.includes(f)
  return {
    type: c.type,
    ...(has('url') && { url: c.url?.trim() }), ...(c.type === 'pagerduty' && c.url && { url: c.url.trim() }),
    ...(has('topic') && { topic: c.topic?.trim() }), ...(has('address') && { address: c.address?.trim() }), ...(has('path') && { path: c.path?.trim() }),
    ...(has('format') && c.format && { format: c.format }), ...(has('template') && c.template && (c.format ?? '') !== 'ocsf' && c.format !== 'asff' && { template: c.template }),
    ...(has('headers') && c.headers && Object.keys(c.headers).length > 0 && { headers: c.headers }), ...(has('secret') && c.secret && { secret: c.secret }),
    ...((has('url') || has('address') || (c.type === 'pagerduty' && c.url)) && c.allow_private && { allow_private: true }),
  }
}

/** Whether the secrets of before still hold: the API keeps them only for the address that they were given for. */
export const keepsSecrets = (before: Channel | undefined, c: Channel): boolean =>
  before !== undefined && before.type === c.type && (before.url ?? '') === (c.url ?? '').trim() && (before.address ?? '') === (c.address ?? '') && (before.topic ?? '') === (c.topic ?? '')

/** Where messages go, without what may be a secret: of a URL only the host. */
export function whereTo(c: Channel): string {
  switch (c.type) {
    case 'webhook': case 'slack': return hostOf(c.url ?? '')
    case 'pagerduty': return c.url ? hostOf(c.url) : 'events.pagerduty.com'
    case 'sns': return c.topic ?? ''
    case 'syslog': return c.address ?? ''
    case 'jsonl': return c.path ?? ''
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).host
  } catch {
    return 'no address'
  }
}

/** What a rule may be told of. */
export const reasons: Record<Reason, { name: string; text: string }> = {
  created: { name: 'New', text: 'A detection is raised.' },
  escalated: { name: 'Worse', text: 'Its risk reaches a higher band.' },
  updated: { name: 'Changed', text: 'It goes on, or somebody triages it.' },
  closed: { name: 'Closed', text: 'Somebody closes it.' },
  coverage: { name: 'Coverage', text: 'An interface is watched no more, or again.' },
  health: { name: 'Sensors', text: 'A sensor falls ill, or is well again.' },
  mirror: { name: 'Mirror', text: 'Mirroring itself is changed or fails.' },
}

/** What a reason is called; one that is not known is called what it is. */
export const reasonName = (r: string): string => (Object.hasOwn(reasons, r) ? reasons[r as Reason].name : r)

/** Reasons that hold where a rule names none. */
export const usualReasons: readonly Reason[] = ['created', 'escalated']

/** Says why a rule cannot be sent yet; undefined: it can. */
export function reasonAgainst(r: Rule, kept: boolean, hasSecret: boolean): string | undefined {
  const c = r.channel
  if (!r.name.trim()) return 'The rule has no name yet.'
  if ((c.type === 'webhook' || c.type === 'slack') && !c.url?.trim()) return 'The channel has no URL yet.'
  if (c.type === 'sns' && !c.topic?.trim()) return 'The channel has no topic yet.'
  if (c.type === 'syslog' && !c.address?.trim()) return 'The channel has no address yet.'
  if (c.type === 'jsonl' && !c.path?.trim()) return 'The channel has no file yet.'
  if (c.type === 'pagerduty' && !c.secret && !(kept && hasSecret)) return 'The channel has no routing key yet.'
  return undefined
}
