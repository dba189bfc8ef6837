// From an address in a record to the device that has it.
import type { Query } from '../state/url'

/** The query of a link to a device by its address: under which network identifier it was heard tells devices with the same address apart. */
export const deviceQuery = (vni: unknown): Query => (typeof vni === 'number' && vni > 0 ? { vni: String(vni) } : {})
