// What the actions of the audit log are called, and where their targets are.
import { detectionPath, devicePath } from '../../../ui/Link'
import type { Query } from '../../../state/url'

/** Every action that the API writes, by what it is done to. */
export const actions: Record<string, Record<string, string>> = {
  detection: { update: 'Detection triaged', export: 'Detections exported' },
  tuning_rule: { create: 'Tuning rule made', update: 'Tuning rule changed', delete: 'Tuning rule deleted' },
  parameter: { update: 'Parameter set' },
  device: { update: 'Device changed' },
  packets: { read: 'Packets read' },
  record: { export: 'Records exported' },
  view: { create: 'View made', update: 'View changed', delete: 'View deleted' },
  notification_rule: { create: 'Notification rule made', update: 'Notification rule changed', delete: 'Notification rule deleted', test: 'Test sent' },
  dead_letter: { resend: 'Notification sent again', delete: 'Undelivered notification forgotten' },
  mirror_plan: { make: 'Mirror plan made' },
  session: { create: 'Signed in', delete: 'Signed out', revoke: 'Session ended' },
  user: { create: 'User made', update: 'User changed', delete: 'User deleted', password: 'Password set' },
  api_key: { create: 'API key made', delete: 'API key revoked' },
  audit: { export: 'Audit log exported' },
}

export const groupNames: Record<string, string> = {
  detection: 'Detections', tuning_rule: 'Tuning rules', parameter: 'Parameters', device: 'Devices', packets: 'Packets', record: 'Records', view: 'Views',
  notification_rule: 'Notification rules', dead_letter: 'Undelivered notifications', mirror_plan: 'Mirror plans', session: 'Sessions', user: 'Users', api_key: 'API keys', audit: 'The audit log',
}

/** What an action is called; one that is not known is called what it is. */
export function actionText(action: string): string {
  const [group = '', verb = ''] = action.split('.')
  return actions[group]?.[verb] ?? action
}

/** Where a target is to be seen; undefined where it has no place. What was deleted is nowhere. */
export function placeOf(action: string, target: string): { to: string; query?: Query } | undefined {
  const [group = '', verb] = action.split('.')
  if (!target || verb === 'delete' || verb === 'export') return undefined
  switch (group) {
    case 'detection': case 'packets': return { to: detectionPath(target) }
    case 'device': return { to: devicePath(target) }
    case 'tuning_rule': return { to: '/settings/tuning-rules', query: { edit: target } }
    case 'notification_rule': return { to: '/settings/notifications', query: { edit: target } }
    case 'parameter': return { to: '/settings/parameters', query: target === 'detector_settings' ? undefined : { edit: target } }
    case 'user': return { to: '/settings/users', query: { edit: target } }
    case 'mirror_plan': return { to: '/coverage', query: { tab: 'plan', plan: 'look' } }
    default: return undefined
  }
}

/** Who did something, in words: a user, a program with a key, a tuning rule, or the system itself. */
export function actorText(actor: string): { kind: string; name: string } {
  const [kind, name = ''] = [actor.slice(0, actor.indexOf(':')), actor.slice(actor.indexOf(':') + 1)]
  if (kind === 'key') return { kind: 'API key', name }
  if (kind === 'rule') return { kind: 'Tuning rule', name }
  return { kind: actor === 'system' ? 'By itself' : '', name: actor }
}
