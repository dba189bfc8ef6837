// The tactics of MITRE ATT&CK for Enterprise, in the order of an attack.

export interface Tactic {
  id: string
  name: string
}

/** Every tactic, as the matrix has them from left to right. */
export const tactics: readonly Tactic[] = [
  { id: 'TA0043', name: 'Reconnaissance' },
  { id: 'TA0042', name: 'Resource Development' },
  { id: 'TA0001', name: 'Initial Access' },
  { id: 'TA0002', name: 'Execution' },
  { id: 'TA0003', name: 'Persistence' },
  { id: 'TA0004', name: 'Privilege Escalation' },
  { id: 'TA0005', name: 'Defense Evasion' },
  { id: 'TA0006', name: 'Credential Access' },
  { id: 'TA0007', name: 'Discovery' },
  { id: 'TA0008', name: 'Lateral Movement' },
  { id: 'TA0009', name: 'Collection' },
  { id: 'TA0011', name: 'Command and Control' },
  { id: 'TA0010', name: 'Exfiltration' },
  { id: 'TA0040', name: 'Impact' },
]

const names = new Map(tactics.map((t) => [t.id, t.name]))

/** The name of a tactic: "Discovery" of TA0007; the id itself where it has none here. */
export const tacticName = (id: string): string => names.get(id) ?? id
