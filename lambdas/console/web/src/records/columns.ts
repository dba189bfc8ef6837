// Which fields of a kind say most, and what they are called. A field that is not named here is called what the record calls it.

/** The fields that every record may have; the table shows them as Time, From and To. */
export const head = ['ts', 'uid', 'id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p', 'vni', 'sensor', 'community_id'] as const

const telling: Readonly<Record<string, string>> = {
  conn: 'proto service duration orig_bytes resp_bytes conn_state history',
  dns: 'query qtype_name rcode_name answers rtt',
  http: 'method host uri status_code response_body_len user_agent',
  ssl: 'server_name version ja4 ja4s subject established',
  x509: 'certificate.subject certificate.issuer certificate.not_valid_after san.dns',
  ssh: 'auth_success auth_attempts client server hassh',
  dhcp: 'host_name mac client_addr assigned_addr msg_types',
  ntp: 'mode stratum ref_id num_exts',
  icmp: 'name requests replies min_len max_len duration',
  tunnel: 'tunnel_type action packets bytes',
  weird: 'name addl source count',
  dce_rpc: 'endpoint operation named_pipe status rtt',
  ntlm: 'username domainname hostname success server_dns_computer_name',
  smb_mapping: 'path share_type username status',
  smb_files: 'action path name size username',
  raw: 'proto marks commands prompt',
  rfb: 'desktop_name authentication_method auth width height',
  socks: 'request.host request.name request_p status user',
  quic: 'server_name version client_protocol history',
  websocket: 'host uri duration orig_payload_bytes resp_payload_bytes inner',
  arp: 'requests replies orig_l2_addr resp_l2_addr unasked answered',
  login: 'service user success mechanism clear reply',
  ftp: 'user command arg reply_code file_size',
  smtp: 'mailfrom rcptto subject accepted bytes attachments',
  sip: 'method uri status_code request_from request_to user_agent',
  mysql: 'cmd arg success rows response',
  radius: 'username result mac framed_addr',
  syslog: 'severity facility message',
  dnp3: 'fc_request fc_reply iin',
  stratum: 'method worker agent algo success',
  kerberos: 'request_type client service success error_msg cipher',
  ldap: 'opcode object argument result rtt',
  ldap_search: 'base_object scope filter attributes result result_count',
  rdp: 'cookie client_name result security_protocol encryption_level',
  sunrpc: 'program procedure version status rtt',
  postgresql: 'user database frontend frontend_arg success rows',
  tds: 'user database command query success rows',
  snmp: 'community version get_requests set_requests display_string',
  redis: 'cmd.name cmd.key cmd.value success reply.value',
  cloudtrail: 'event_name event_source principal source_ip error_message aws_region',
}

const names: Readonly<Record<string, string>> = {
  ts: 'Time', uid: 'Conversation', 'id.orig_h': 'From', 'id.orig_p': 'From port', 'id.resp_h': 'To', 'id.resp_p': 'To port', vni: 'VNI', sensor: 'Sensor',
  community_id: 'Community ID', proto: 'Protocol', service: 'Service', duration: 'Duration', orig_bytes: 'Bytes out', resp_bytes: 'Bytes back',
  conn_state: 'State', history: 'History', query: 'Query', qtype_name: 'Type', rcode_name: 'Answer code', answers: 'Answers', rtt: 'Round trip',
  method: 'Method', host: 'Host', uri: 'URI', status_code: 'Status', status_msg: 'Status text', response_body_len: 'Body back', request_body_len: 'Body out',
  user_agent: 'User agent', server_name: 'Server name', version: 'Version', cipher: 'Cipher', ja3: 'JA3', ja3s: 'JA3S', ja4: 'JA4', ja4s: 'JA4S', subject: 'Subject',
  issuer: 'Issuer', established: 'Established', 'certificate.subject': 'Subject', 'certificate.issuer': 'Issuer', 'certificate.not_valid_before': 'Valid from',
  'certificate.not_valid_after': 'Valid until', 'san.dns': 'Names', auth_success: 'Let in', auth_attempts: 'Attempts', client: 'Client', server: 'Server',
  hassh: 'HASSH', hasshServer: 'HASSH server', host_name: 'Host name', mac: 'MAC', client_addr: 'Client address', assigned_addr: 'Given address', msg_types: 'Messages',
  mode: 'Mode', stratum: 'Stratum', ref_id: 'Reference', name: 'Name', requests: 'Requests', replies: 'Replies', tunnel_type: 'Tunnel', action: 'Action',
  packets: 'Packets', bytes: 'Bytes', addl: 'More', source: 'Source', count: 'Count', endpoint: 'Endpoint', operation: 'Operation', named_pipe: 'Pipe',
  status: 'Status', username: 'User', domainname: 'Domain', hostname: 'Host name', success: 'Success', path: 'Path', share_type: 'Share', size: 'Size',
  user: 'User', mechanism: 'Mechanism', clear: 'In the clear', reply: 'Reply', command: 'Command', arg: 'Argument', reply_code: 'Reply', file_size: 'Size',
  mailfrom: 'Mail from', rcptto: 'Mail to', accepted: 'Accepted', attachments: 'Attachments', cmd: 'Command', rows: 'Rows', response: 'Response',
  message: 'Message', severity: 'Severity', facility: 'Facility', request_type: 'Request', error_msg: 'Error', result: 'Result', base_object: 'Base',
  filter: 'Filter', attributes: 'Attributes', database: 'Database', event_name: 'Call', event_source: 'Service', principal: 'Principal', source_ip: 'From',
  error_message: 'Error', aws_region: 'Region', orig_pkts: 'Packets out', resp_pkts: 'Packets back', orig_l2_addr: 'From MAC', resp_l2_addr: 'To MAC',
  orig_ip_bytes: 'IP bytes out', resp_ip_bytes: 'IP bytes back', missed_bytes: 'Bytes missed', kind: 'Kind', agent: 'Program', algo: 'Algorithm', answered: 'Answered',
  argument: 'Argument', auth: 'Let in', authentication_method: 'Way in', client_name: 'Client name', client_protocol: 'Protocol', 'cmd.key': 'Key', 'cmd.name': 'Command',
  'cmd.value': 'Value', commands: 'Commands', community: 'Community', cookie: 'User', desktop_name: 'Desktop', display_string: 'System', encryption_level: 'Encryption',
  fc_reply: 'Reply', fc_request: 'Request', framed_addr: 'Given address', get_requests: 'Reads', height: 'Height', iin: 'Indications', inner: 'Inside', marks: 'Signs',
  max_len: 'Longest', min_len: 'Shortest', num_exts: 'Extensions', object: 'Object', opcode: 'Operation', orig_payload_bytes: 'Payload out', procedure: 'Procedure',
  program: 'Program', prompt: 'Prompt', 'reply.value': 'Reply', 'request.host': 'Asked for', 'request.name': 'Asked for', request_from: 'Caller', request_p: 'Port',
  request_to: 'Called', resp_payload_bytes: 'Payload back', result_count: 'Results', scope: 'Scope', security_protocol: 'Security', server_dns_computer_name: 'Server name',
  set_requests: 'Writes', unasked: 'Unasked', width: 'Width', worker: 'Worker', frontend: 'Message', frontend_arg: 'Statement', backend: 'Answer', interface: 'Interface', account: 'Account',
}

/** What a field is called for a person. */
export const labelOf = (field: string): string => names[field] ?? field

/** The fields of a kind that say most, without those of the head. */
export function tellingOf(kind: string): readonly string[] {
  return telling[kind]?.split(' ') ?? []
}

/** The columns of a table of records: of one kind what says most of it, of several a summary. */
export function columnsOf(kinds: readonly string[]): readonly string[] {
  const [only] = kinds
  return kinds.length === 1 && only !== undefined && tellingOf(only).length > 0 ? ['ts', 'from', 'to', ...tellingOf(only)] : ['ts', 'kind', 'from', 'to', 'what']
}

const counts = /(^|[._])(bytes|len|size)$|^(file_size|query_bytes|answer_bytes|result_bytes|.*_payload_bytes|.*_ip_bytes)$/
const spans = /^(duration|rtt|lease_time|poll|ttl|root_delay|root_disp)$/
const times = /^(ts|ref_time|org_time|rec_time|xmt_time|till|from_time)$|not_valid_(before|after)$/
const addresses = /(^|[._])(orig_h|resp_h)$|^(client|server|requested|assigned|framed)_addr$|^(source_ip|responder|request\.host|bound\.host|orig_unreach|resp_unreach)$/

export type Look = 'bytes' | 'span' | 'time' | 'address' | 'text'

/** How a field's values are shown. */
export function lookOf(field: string): Look {
  if (counts.test(field)) return 'bytes'
  if (spans.test(field)) return 'span'
  if (times.test(field)) return 'time'
  return addresses.test(field) ? 'address' : 'text'
}
