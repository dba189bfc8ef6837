// What is said of a device: by people, else by its conduct.
import type { Device } from '../api/names'

/** What a device is called: as people say, else as others call it, else its address. */
export const nameOf = (d: Device): string => d.overrides.name || d.hostname || d.address

/** The role that holds. */
export const roleOf = (d: Device): string => d.overrides.role || d.role || ''

/** Whether harm to it is harm to many. */
export const isHighValue = (d: Device): boolean => d.overrides.high_value === true || d.high_value === true

const words: Readonly<Record<string, string>> = {
  domain_controller: 'Domain controller', db_server: 'Database server', dhcp_server: 'DHCP server', dns_server: 'DNS server', mail_server: 'Mail server',
  file_server: 'File server', vpn_gateway: 'VPN gateway', load_balancer: 'Load balancer', nat_gateway: 'NAT gateway', scanner: 'Scanner',
  http_server: 'Web server', pc: 'Workstation',
}

/** The roles that conduct can show, rarest first. People may give others. */
export const knownRoles: readonly string[] = Object.keys(words)

/** What a role is called; one of people's own is called what they call it. */
export const roleWord = (role: string): string => words[role] ?? role

/** How a role is known, in words, and how sure that is. */
export function roleBasis(d: Device): { sure: string; why: string } | undefined {
  if (d.overrides.role) {
    const shown = d.role && d.role !== d.overrides.role ? `; its conduct shows a ${roleWord(d.role).toLowerCase()}` : ''
    return { sure: 'Said by people', why: `People say so${shown}.` }
  }
  if (!d.role) return undefined
  const proof = d.roles?.find((r) => r.role === d.role)
  return proof?.evidence ? { sure: 'Shown by its conduct', why: `It ${proof.evidence}.` } : { sure: 'Shown earlier', why: 'What it rested on has passed; the role was kept.' }
}

/** Why a device is of high value; undefined where it is not. */
export function valueBasis(d: Device): string | undefined {
  if (d.overrides.high_value) return 'People say so.'
  return d.high_value ? `Its conduct shows it: harm to a ${roleWord(d.role ?? '').toLowerCase() || 'device like it'} is harm to many.` : undefined
}

const kinds: Readonly<Record<string, string>> = {
  ja4: 'TLS client (JA4)', ja4s: 'TLS server (JA4S)', hassh: 'SSH client (HASSH)', hassh_server: 'SSH server (HASSH)', user_agent: 'Browser or program', ssh_client: 'SSH client', ssh_server: 'SSH server',
}

/** What a kind of software is called. */
export const softwareWord = (kind: string): string => kinds[kind] ?? kind

const sources: Readonly<Record<string, string>> = {
  inventory: 'AWS inventory', dhcp: 'DHCP', dns: 'DNS', netbios: 'NetBIOS', sni: 'TLS server name', http: 'HTTP host',
}

/** Who called a device by a name. */
export const sourceWord = (source: string): string => sources[source] ?? source

/** The query that finds the records of a device. Where only the network identifier tells it from others with its address, that is asked too. */
export function recordsOfDevice(d: Device): string {
  const vni = /^vni-(\d+)\//.exec(d.id)?.[1]
  return vni ? `addr = ${d.address} and vni = ${vni}` : `addr = ${d.address}`
}

/** The field of the fields of records, and what a query calls each kind of software. */
export function softwareQuery(kind: string): string | undefined {
  return { ja4: 'ja4', ja4s: 'ja4s', hassh: 'hassh', hassh_server: 'hasshServer', user_agent: 'user_agent', ssh_client: 'client', ssh_server: 'server' }[kind]
}
