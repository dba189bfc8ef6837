// What things of a detection are called on the page.
import type { Band, Detection } from '../api/names'
import { bandWord } from '../ui/Band'

export type Status = Detection['status']
export type Resolution = NonNullable<Detection['resolution']>

export const statusWord: Record<Status, string> = { open: 'Open', acknowledged: 'Acknowledged', in_progress: 'In progress', closed: 'Closed' }

export const resolutionWord: Record<Resolution, string> = {
  '': 'None given',
  true_positive: 'True positive',
  benign_true_positive: 'Benign true positive',
  false_positive: 'False positive',
  undetermined: 'Undetermined',
}

const categories: Record<string, string> = {
  recon: 'Reconnaissance',
  access: 'Access',
  lateral: 'Lateral movement',
  c2: 'Command and control',
  exfil: 'Exfiltration',
  impact: 'Impact',
  evasion: 'Evasion',
  hygiene: 'Hygiene',
  intel: 'Threat intelligence',
  behaviour: 'Behaviour',
}

/** The categories that there are, in the order of an attack. */
export const categoryNames: readonly string[] = Object.keys(categories)

/** What a category is called; one that is not known is called what it is. */
export const categoryWord = (category: string): string => categories[category] ?? category

/** Whether a text is one of the bands, statuses or resolutions. */
export const isBand = (s: string): s is Band => Object.hasOwn(bandWord, s)
export const isStatus = (s: string): s is Status => Object.hasOwn(statusWord, s)
export const isResolution = (s: string): s is Resolution => Object.hasOwn(resolutionWord, s)
