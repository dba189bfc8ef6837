// What is wrong with an observation point, and what helps, in words.
import type { Fault } from './points'

export const faults: Readonly<Record<Fault, { name: string; help: string }>> = {
  silent: { name: 'Silent', help: 'No packet of it comes: see whether the instance runs, its session is there, and UDP 4789 reaches the sensor.' },
  gaps: { name: 'Packets are missing', help: 'Holes in TCP streams: packets are lost on the way, or the session’s filter lets only a part pass.' },
  truncated: { name: 'Packets are cut', help: 'Raise the packet length of the session, or the MTU on the way.' },
  duplicates: { name: 'Seen elsewhere too', help: 'Nearly all of its packets come from another point as well: one of the two mirrors would do.' },
}
