// A notification that could not be delivered, as far as it says something. Its form is the server's own, and not promised.

export interface Letter {
  rule: string
  reason: string
  about: string // the detection's title, the interface, the sensor
  detection?: string // its id
  attempts: number
  error: string
  died?: string
}

/** Reads a letter; what is not there, or is not what it should be, is empty. */
export function letterOf(body: unknown): Letter {
  const l = record(body)
  const event = record(l.event)
  const detail = record(event.detail)
  const detection = record(detail.detection)
  return {
    rule: text(l.rule), reason: text(l.reason), about: text(detection.title) || text(detail.subject) || text(event['detail-type']), detection: text(detection.id) || undefined,
    attempts: typeof l.attempts === 'number' ? l.attempts : 0, error: text(l.error), died: text(l.died) || undefined,
  }
}

const record = (v: unknown) => (typeof v === 'object' && v !== null ? (v as Record<string, unknown>) : {})
const text = (v: unknown) => (typeof v === 'string' ? v : '')
