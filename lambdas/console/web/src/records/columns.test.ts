import { expect, test } from 'vitest'
import { columnsOf, labelOf, lookOf, tellingOf } from './columns'

test('one kind has its own columns, several a summary', () => {
  expect(columnsOf(['dns'])).toEqual(['ts', 'from', 'to', 'query', 'qtype_name', 'rcode_name', 'answers', 'rtt'])
  expect(columnsOf(['dns', 'ssl'])).toEqual(columnsOf([]))
  expect(columnsOf(['a kind of tomorrow'])).toContain('what')
})

test('what says most of a kind is called by a word, and not as the record has it', () => {
  const kinds = ['conn', 'dns', 'http', 'ssl', 'ssh', 'raw', 'rdp', 'redis', 'rfb', 'sip', 'snmp', 'socks', 'stratum', 'sunrpc', 'websocket', 'kerberos', 'ldap', 'arp', 'dnp3', 'ntlm', 'icmp', 'smb_files', 'tds', 'cloudtrail']
  expect(kinds.flatMap((k) => tellingOf(k).filter((f) => labelOf(f) === f).map((f) => `${k}: ${f}`))).toEqual([])
})

test('values are shown by what their field is', () => {
  expect(['id.orig_h', 'client_addr', 'source_ip', 'data_channel.resp_h'].map(lookOf)).toEqual(['address', 'address', 'address', 'address'])
  expect(['orig_bytes', 'response_body_len', 'size', 'orig_payload_bytes'].map(lookOf)).toEqual(['bytes', 'bytes', 'bytes', 'bytes'])
  expect(['rtt', 'duration'].map(lookOf)).toEqual(['span', 'span'])
  expect(['ts', 'cert_not_valid_after', 'certificate.not_valid_before'].map(lookOf)).toEqual(['time', 'time', 'time'])
  expect(['orig_l2_addr', 'status_code', 'id.orig_p', 'query'].map(lookOf)).toEqual(['text', 'text', 'text', 'text'])
})
