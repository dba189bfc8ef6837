// What the parameters are called for a person, and in which order they stand.
import type { Schemas } from '../../../api/client'

export type Parameter = Schemas['Parameter']

export const titles: Record<Parameter['name'], string> = {
  local_networks: 'Local networks', known_scanners: 'Known scanners', gateways: 'Gateways', dns_servers: 'DNS servers', trusted_domains: 'Trusted domains',
  own_roles: 'Roles of Mirrorwatch', planned_changes: 'Planned changes', coverage_tags: 'Tags that tell apart', retention_days_detections: 'Detections are kept',
  retention_days_records: 'Records are kept', retention_bytes_records: 'Room for records', retention_days_metrics: 'Metrics are kept', retention_days_audit: 'The audit log is kept',
  detector_settings: 'Settings of detectors',
}

/** Groups of parameters that are looked for together. */
export const groups: { title: string; text: string; names: Parameter['name'][] }[] = [
  { title: 'The site', text: 'What is ours, and what is known of it. Detectors take it into account.', names: ['local_networks', 'known_scanners', 'gateways', 'dns_servers', 'trusted_domains', 'own_roles', 'planned_changes', 'coverage_tags'] },
  { title: 'How long things are kept', text: 'What is older is deleted for good.', names: ['retention_days_detections', 'retention_days_records', 'retention_bytes_records', 'retention_days_metrics', 'retention_days_audit'] },
]

/** Whether a parameter is one number. */
export const isNumber = (p: Parameter): boolean => p.kind === 'days' || p.kind === 'bytes'
