CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`conn` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `proto` string COMMENT 'proto',
  `service` string COMMENT 'service',
  `duration` double COMMENT 'duration, seconds',
  `orig_bytes` bigint COMMENT 'orig_bytes',
  `resp_bytes` bigint COMMENT 'resp_bytes',
  `conn_state` string COMMENT 'conn_state',
  `local_orig` boolean COMMENT 'local_orig',
  `local_resp` boolean COMMENT 'local_resp',
  `missed_bytes` bigint COMMENT 'missed_bytes',
  `history` string COMMENT 'history',
  `orig_pkts` bigint COMMENT 'orig_pkts',
  `orig_ip_bytes` bigint COMMENT 'orig_ip_bytes',
  `resp_pkts` bigint COMMENT 'resp_pkts',
  `resp_ip_bytes` bigint COMMENT 'resp_ip_bytes',
  `tunnel_parents` array<string> COMMENT 'tunnel_parents',
  `ip_proto` bigint COMMENT 'ip_proto',
  `vlan` bigint COMMENT 'vlan',
  `inner_vlan` bigint COMMENT 'inner_vlan',
  `orig_l2_addr` string COMMENT 'orig_l2_addr',
  `resp_l2_addr` string COMMENT 'resp_l2_addr',
  `interim` boolean COMMENT 'interim',
  `duplicate_vnis` array<bigint> COMMENT 'duplicate_vnis',
  `duplicate_pkts` bigint COMMENT 'duplicate_pkts',
  `orig_rewritten` bigint COMMENT 'orig_rewritten',
  `resp_rewritten` bigint COMMENT 'resp_rewritten',
  `answered_twice` boolean COMMENT 'answered_twice',
  `reset_ignored` string COMMENT 'reset_ignored',
  `reset_far` string COMMENT 'reset_far',
  `source` string COMMENT 'source',
  `action` string COMMENT 'action',
  `interface` string COMMENT 'interface',
  `direction` string COMMENT 'direction',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=conn/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=conn/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`dns` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `proto` string COMMENT 'proto',
  `trans_id` bigint COMMENT 'trans_id',
  `rtt` double COMMENT 'rtt, seconds',
  `query` string COMMENT 'query',
  `qclass` bigint COMMENT 'qclass',
  `qclass_name` string COMMENT 'qclass_name',
  `qtype` bigint COMMENT 'qtype',
  `qtype_name` string COMMENT 'qtype_name',
  `rcode` bigint COMMENT 'rcode',
  `rcode_name` string COMMENT 'rcode_name',
  `aa` boolean COMMENT 'AA',
  `tc` boolean COMMENT 'TC',
  `rd` boolean COMMENT 'RD',
  `ra` boolean COMMENT 'RA',
  `z` bigint COMMENT 'Z',
  `answers` array<string> COMMENT 'answers',
  `ttls` array<double> COMMENT 'TTLs, seconds',
  `rejected` boolean COMMENT 'rejected',
  `opcode` bigint COMMENT 'opcode',
  `opcode_name` string COMMENT 'opcode_name',
  `query_bytes` bigint COMMENT 'query_bytes',
  `answer_bytes` bigint COMMENT 'answer_bytes',
  `question` string COMMENT 'question',
  `question_type` string COMMENT 'question_type',
  `responder` string COMMENT 'responder, an address',
  `names_self` boolean COMMENT 'names_self',
  `answer_records` bigint COMMENT 'answer_records',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=dns/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=dns/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`http` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `trans_depth` bigint COMMENT 'trans_depth',
  `method` string COMMENT 'method',
  `host` string COMMENT 'host',
  `uri` string COMMENT 'uri',
  `referrer` string COMMENT 'referrer',
  `version` string COMMENT 'version',
  `user_agent` string COMMENT 'user_agent',
  `origin` string COMMENT 'origin',
  `request_body_len` bigint COMMENT 'request_body_len',
  `response_body_len` bigint COMMENT 'response_body_len',
  `status_code` bigint COMMENT 'status_code',
  `status_msg` string COMMENT 'status_msg',
  `info_code` bigint COMMENT 'info_code',
  `info_msg` string COMMENT 'info_msg',
  `username` string COMMENT 'username',
  `proxied` array<string> COMMENT 'proxied',
  `orig_filenames` array<string> COMMENT 'orig_filenames',
  `orig_mime_types` array<string> COMMENT 'orig_mime_types',
  `resp_filenames` array<string> COMMENT 'resp_filenames',
  `resp_mime_types` array<string> COMMENT 'resp_mime_types',
  `lookups` array<string> COMMENT 'lookups',
  `content_type` string COMMENT 'content_type',
  `suspicious` array<string> COMMENT 'suspicious',
  `request_marks` array<string> COMMENT 'request_marks',
  `answer_marks` array<string> COMMENT 'answer_marks',
  `request_type` string COMMENT 'request_type',
  `server` string COMMENT 'server',
  `location` string COMMENT 'location',
  `auth_scheme` string COMMENT 'auth_scheme',
  `session` string COMMENT 'session',
  `aws_keys` array<string> COMMENT 'aws_keys',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=http/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=http/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`ssl` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `version` string COMMENT 'version',
  `cipher` string COMMENT 'cipher',
  `curve` string COMMENT 'curve',
  `server_name` string COMMENT 'server_name',
  `resumed` boolean COMMENT 'resumed',
  `last_alert` string COMMENT 'last_alert',
  `next_protocol` string COMMENT 'next_protocol',
  `established` boolean COMMENT 'established',
  `ssl_history` string COMMENT 'ssl_history',
  `cert_chain_fps` array<string> COMMENT 'cert_chain_fps',
  `client_cert_chain_fps` array<string> COMMENT 'client_cert_chain_fps',
  `sni_matches_cert` boolean COMMENT 'sni_matches_cert',
  `ja3` string COMMENT 'ja3',
  `ja3s` string COMMENT 'ja3s',
  `ja4` string COMMENT 'ja4',
  `ja4s` string COMMENT 'ja4s',
  `alpn` array<string> COMMENT 'alpn',
  `subject` string COMMENT 'subject',
  `issuer` string COMMENT 'issuer',
  `cert_not_valid_before` double COMMENT 'cert_not_valid_before, seconds since the epoch',
  `cert_not_valid_after` double COMMENT 'cert_not_valid_after, seconds since the epoch',
  `cert_self_signed` boolean COMMENT 'cert_self_signed',
  `cert_key_length` bigint COMMENT 'cert_key_length',
  `cert_key_type` string COMMENT 'cert_key_type',
  `cert_signature_algorithm` string COMMENT 'cert_signature_algorithm',
  `heartbeat_requests` bigint COMMENT 'heartbeat_requests',
  `heartbeat_answers` bigint COMMENT 'heartbeat_answers',
  `heartbeat_by` string COMMENT 'heartbeat_by',
  `heartbeat_least` bigint COMMENT 'heartbeat_least',
  `heartbeat_over` bigint COMMENT 'heartbeat_over',
  `heartbeat_excess` bigint COMMENT 'heartbeat_excess',
  `heartbeat_sealed` boolean COMMENT 'heartbeat_sealed',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=ssl/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=ssl/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`x509` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `fingerprint` string COMMENT 'fingerprint',
  `certificate_version` bigint COMMENT 'certificate.version',
  `certificate_serial` string COMMENT 'certificate.serial',
  `certificate_subject` string COMMENT 'certificate.subject',
  `certificate_issuer` string COMMENT 'certificate.issuer',
  `certificate_not_valid_before` double COMMENT 'certificate.not_valid_before, seconds since the epoch',
  `certificate_not_valid_after` double COMMENT 'certificate.not_valid_after, seconds since the epoch',
  `certificate_key_alg` string COMMENT 'certificate.key_alg',
  `certificate_sig_alg` string COMMENT 'certificate.sig_alg',
  `certificate_key_type` string COMMENT 'certificate.key_type',
  `certificate_key_length` bigint COMMENT 'certificate.key_length',
  `certificate_exponent` string COMMENT 'certificate.exponent',
  `certificate_curve` string COMMENT 'certificate.curve',
  `san_dns` array<string> COMMENT 'san.dns',
  `san_uri` array<string> COMMENT 'san.uri',
  `san_email` array<string> COMMENT 'san.email',
  `san_ip` array<string> COMMENT 'san.ip, an address',
  `basic_constraints_ca` boolean COMMENT 'basic_constraints.ca',
  `basic_constraints_path_len` bigint COMMENT 'basic_constraints.path_len',
  `host_cert` boolean COMMENT 'host_cert',
  `client_cert` boolean COMMENT 'client_cert',
  `certificate_explicit_curve` boolean COMMENT 'certificate.explicit_curve',
  `certificate_longest_punycode` bigint COMMENT 'certificate.longest_punycode',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=x509/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=x509/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`ssh` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `version` bigint COMMENT 'version',
  `auth_success` boolean COMMENT 'auth_success',
  `auth_attempts` bigint COMMENT 'auth_attempts',
  `direction` string COMMENT 'direction',
  `client` string COMMENT 'client',
  `server` string COMMENT 'server',
  `cipher_alg` string COMMENT 'cipher_alg',
  `mac_alg` string COMMENT 'mac_alg',
  `compression_alg` string COMMENT 'compression_alg',
  `kex_alg` string COMMENT 'kex_alg',
  `host_key_alg` string COMMENT 'host_key_alg',
  `host_key_fingerprint` string COMMENT 'host_key_fingerprint',
  `hassh` string COMMENT 'hassh',
  `hasshserver` string COMMENT 'hasshServer',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=ssh/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=ssh/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`dhcp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `uids` array<string> COMMENT 'uids',
  `client_addr` string COMMENT 'client_addr, an address',
  `server_addr` string COMMENT 'server_addr, an address',
  `mac` string COMMENT 'mac',
  `host_name` string COMMENT 'host_name',
  `client_fqdn` string COMMENT 'client_fqdn',
  `domain` string COMMENT 'domain',
  `requested_addr` string COMMENT 'requested_addr, an address',
  `assigned_addr` string COMMENT 'assigned_addr, an address',
  `lease_time` double COMMENT 'lease_time, seconds',
  `client_message` string COMMENT 'client_message',
  `server_message` string COMMENT 'server_message',
  `msg_types` array<string> COMMENT 'msg_types',
  `duration` double COMMENT 'duration, seconds',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=dhcp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=dhcp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`ntp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `version` bigint COMMENT 'version',
  `mode` bigint COMMENT 'mode',
  `stratum` bigint COMMENT 'stratum',
  `poll` double COMMENT 'poll, seconds',
  `precision` double COMMENT 'precision, seconds',
  `root_delay` double COMMENT 'root_delay, seconds',
  `root_disp` double COMMENT 'root_disp, seconds',
  `ref_id` string COMMENT 'ref_id',
  `ref_time` double COMMENT 'ref_time, seconds since the epoch',
  `org_time` double COMMENT 'org_time, seconds since the epoch',
  `rec_time` double COMMENT 'rec_time, seconds since the epoch',
  `xmt_time` double COMMENT 'xmt_time, seconds since the epoch',
  `num_exts` bigint COMMENT 'num_exts',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=ntp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=ntp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`icmp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `v6` boolean COMMENT 'v6',
  `itype` bigint COMMENT 'itype',
  `icode` bigint COMMENT 'icode',
  `name` string COMMENT 'name',
  `requests` bigint COMMENT 'requests',
  `replies` bigint COMMENT 'replies',
  `min_len` bigint COMMENT 'min_len',
  `max_len` bigint COMMENT 'max_len',
  `distinct_payloads` bigint COMMENT 'distinct_payloads',
  `mismatched` bigint COMMENT 'mismatched',
  `orig_unreach` string COMMENT 'orig_unreach, an address',
  `resp_unreach` string COMMENT 'resp_unreach, an address',
  `proto_unreach` bigint COMMENT 'proto_unreach',
  `orig_p_unreach` bigint COMMENT 'orig_p_unreach',
  `resp_p_unreach` bigint COMMENT 'resp_p_unreach',
  `duration` double COMMENT 'duration, seconds',
  `interim` boolean COMMENT 'interim',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=icmp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=icmp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`tunnel` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `tunnel_type` string COMMENT 'tunnel_type',
  `action` string COMMENT 'action',
  `packets` bigint COMMENT 'packets',
  `bytes` bigint COMMENT 'bytes',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=tunnel/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=tunnel/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`weird` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `name` string COMMENT 'name',
  `addl` string COMMENT 'addl',
  `notice` boolean COMMENT 'notice',
  `source` string COMMENT 'source',
  `count` bigint COMMENT 'count',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=weird/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=weird/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`dce_rpc` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `rtt` double COMMENT 'rtt, seconds',
  `named_pipe` string COMMENT 'named_pipe',
  `endpoint` string COMMENT 'endpoint',
  `operation` string COMMENT 'operation',
  `uuid` string COMMENT 'uuid',
  `opnum` bigint COMMENT 'opnum',
  `args` string COMMENT 'args',
  `request_len` bigint COMMENT 'request_len',
  `status` bigint COMMENT 'status',
  `fault` bigint COMMENT 'fault',
  `sealed` boolean COMMENT 'sealed',
  `auth_type` string COMMENT 'auth_type',
  `null_creds` boolean COMMENT 'null_creds',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=dce_rpc/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=dce_rpc/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`ntlm` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `username` string COMMENT 'username',
  `hostname` string COMMENT 'hostname',
  `domainname` string COMMENT 'domainname',
  `server_nb_computer_name` string COMMENT 'server_nb_computer_name',
  `server_dns_computer_name` string COMMENT 'server_dns_computer_name',
  `server_tree_name` string COMMENT 'server_tree_name',
  `success` boolean COMMENT 'success',
  `carrier` string COMMENT 'carrier',
  `version` bigint COMMENT 'version',
  `anonymous` boolean COMMENT 'anonymous',
  `status` bigint COMMENT 'status',
  `guest` boolean COMMENT 'guest',
  `negotiate_flags` bigint COMMENT 'negotiate_flags',
  `client_version` string COMMENT 'client_version',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=ntlm/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=ntlm/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`smb_mapping` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `path` string COMMENT 'path',
  `service` string COMMENT 'service',
  `native_file_system` string COMMENT 'native_file_system',
  `share_type` string COMMENT 'share_type',
  `dialect` string COMMENT 'dialect',
  `status` bigint COMMENT 'status',
  `username` string COMMENT 'username',
  `encrypted` boolean COMMENT 'encrypted',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=smb_mapping/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=smb_mapping/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`smb_files` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `action` string COMMENT 'action',
  `path` string COMMENT 'path',
  `name` string COMMENT 'name',
  `size` bigint COMMENT 'size',
  `prev_name` string COMMENT 'prev_name',
  `dialect` string COMMENT 'dialect',
  `status` bigint COMMENT 'status',
  `bytes` bigint COMMENT 'bytes',
  `read` bigint COMMENT 'read',
  `program` string COMMENT 'program',
  `username` string COMMENT 'username',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=smb_files/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=smb_files/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`raw` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `proto` string COMMENT 'proto',
  `marks` array<string> COMMENT 'marks',
  `prompts` bigint COMMENT 'prompts',
  `commands` bigint COMMENT 'commands',
  `shell_by` string COMMENT 'shell_by',
  `prompt` string COMMENT 'prompt',
  `tool_from` string COMMENT 'tool_from',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=raw/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=raw/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`rfb` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `client_major_version` string COMMENT 'client_major_version',
  `client_minor_version` string COMMENT 'client_minor_version',
  `server_major_version` string COMMENT 'server_major_version',
  `server_minor_version` string COMMENT 'server_minor_version',
  `authentication_method` string COMMENT 'authentication_method',
  `auth` boolean COMMENT 'auth',
  `share_flag` boolean COMMENT 'share_flag',
  `desktop_name` string COMMENT 'desktop_name',
  `width` bigint COMMENT 'width',
  `height` bigint COMMENT 'height',
  `reverse` boolean COMMENT 'reverse',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=rfb/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=rfb/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`socks` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `version` bigint COMMENT 'version',
  `user` string COMMENT 'user',
  `status` string COMMENT 'status',
  `request_host` string COMMENT 'request.host, an address',
  `request_name` string COMMENT 'request.name',
  `request_p` bigint COMMENT 'request_p',
  `bound_host` string COMMENT 'bound.host, an address',
  `bound_name` string COMMENT 'bound.name',
  `bound_p` bigint COMMENT 'bound_p',
  `command` string COMMENT 'command',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=socks/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=socks/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`quic` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `version` string COMMENT 'version',
  `client_initial_dcid` string COMMENT 'client_initial_dcid',
  `client_scid` string COMMENT 'client_scid',
  `server_scid` string COMMENT 'server_scid',
  `server_name` string COMMENT 'server_name',
  `client_protocol` string COMMENT 'client_protocol',
  `history` string COMMENT 'history',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=quic/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=quic/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`websocket` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `host` string COMMENT 'host',
  `uri` string COMMENT 'uri',
  `user_agent` string COMMENT 'user_agent',
  `subprotocol` string COMMENT 'subprotocol',
  `client_protocols` array<string> COMMENT 'client_protocols',
  `server_extensions` array<string> COMMENT 'server_extensions',
  `client_extensions` array<string> COMMENT 'client_extensions',
  `orig_frames` bigint COMMENT 'orig_frames',
  `resp_frames` bigint COMMENT 'resp_frames',
  `orig_payload_bytes` bigint COMMENT 'orig_payload_bytes',
  `resp_payload_bytes` bigint COMMENT 'resp_payload_bytes',
  `binary_frames` bigint COMMENT 'binary_frames',
  `duration` double COMMENT 'duration, seconds',
  `inner` string COMMENT 'inner',
  `close_code` bigint COMMENT 'close_code',
  `interim` boolean COMMENT 'interim',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=websocket/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=websocket/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`arp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `orig_l2_addr` string COMMENT 'orig_l2_addr',
  `resp_l2_addr` string COMMENT 'resp_l2_addr',
  `frame_l2_addr` string COMMENT 'frame_l2_addr',
  `requests` bigint COMMENT 'requests',
  `replies` bigint COMMENT 'replies',
  `unasked` bigint COMMENT 'unasked',
  `answered` boolean COMMENT 'answered',
  `duration` double COMMENT 'duration, seconds',
  `vlan` bigint COMMENT 'vlan',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=arp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=arp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`login` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `service` string COMMENT 'service',
  `user` string COMMENT 'user',
  `success` boolean COMMENT 'success',
  `mechanism` string COMMENT 'mechanism',
  `clear` boolean COMMENT 'clear',
  `anonymous` boolean COMMENT 'anonymous',
  `reply` string COMMENT 'reply',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=login/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=login/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`ftp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `user` string COMMENT 'user',
  `command` string COMMENT 'command',
  `arg` string COMMENT 'arg',
  `file_size` bigint COMMENT 'file_size',
  `reply_code` bigint COMMENT 'reply_code',
  `reply_msg` string COMMENT 'reply_msg',
  `data_channel_passive` boolean COMMENT 'data_channel.passive',
  `data_channel_orig_h` string COMMENT 'data_channel.orig_h, an address',
  `data_channel_resp_h` string COMMENT 'data_channel.resp_h, an address',
  `data_channel_resp_p` bigint COMMENT 'data_channel.resp_p',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=ftp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=ftp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`smtp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `trans_depth` bigint COMMENT 'trans_depth',
  `helo` string COMMENT 'helo',
  `mailfrom` string COMMENT 'mailfrom',
  `rcptto` array<string> COMMENT 'rcptto',
  `mail_date` string COMMENT 'mail_date',
  `from` string COMMENT 'from',
  `to` array<string> COMMENT 'to',
  `cc` array<string> COMMENT 'cc',
  `reply_to` string COMMENT 'reply_to',
  `msg_id` string COMMENT 'msg_id',
  `in_reply_to` string COMMENT 'in_reply_to',
  `subject` string COMMENT 'subject',
  `first_received` string COMMENT 'first_received',
  `second_received` string COMMENT 'second_received',
  `last_reply` string COMMENT 'last_reply',
  `user_agent` string COMMENT 'user_agent',
  `tls` boolean COMMENT 'tls',
  `bytes` bigint COMMENT 'bytes',
  `recipients` bigint COMMENT 'recipients',
  `attachments` array<string> COMMENT 'attachments',
  `user` string COMMENT 'user',
  `accepted` boolean COMMENT 'accepted',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=smtp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=smtp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`sip` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `trans_depth` bigint COMMENT 'trans_depth',
  `method` string COMMENT 'method',
  `uri` string COMMENT 'uri',
  `request_from` string COMMENT 'request_from',
  `request_to` string COMMENT 'request_to',
  `response_from` string COMMENT 'response_from',
  `response_to` string COMMENT 'response_to',
  `reply_to` string COMMENT 'reply_to',
  `call_id` string COMMENT 'call_id',
  `seq` string COMMENT 'seq',
  `subject` string COMMENT 'subject',
  `request_path` array<string> COMMENT 'request_path',
  `response_path` array<string> COMMENT 'response_path',
  `user_agent` string COMMENT 'user_agent',
  `status_code` bigint COMMENT 'status_code',
  `status_msg` string COMMENT 'status_msg',
  `warning` string COMMENT 'warning',
  `request_body_len` bigint COMMENT 'request_body_len',
  `response_body_len` bigint COMMENT 'response_body_len',
  `content_type` string COMMENT 'content_type',
  `auth_user` string COMMENT 'auth_user',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=sip/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=sip/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`mysql` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `cmd` string COMMENT 'cmd',
  `arg` string COMMENT 'arg',
  `success` boolean COMMENT 'success',
  `rows` bigint COMMENT 'rows',
  `response` string COMMENT 'response',
  `server_version` string COMMENT 'server_version',
  `error_code` bigint COMMENT 'error_code',
  `result_bytes` bigint COMMENT 'result_bytes',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=mysql/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=mysql/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`radius` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `username` string COMMENT 'username',
  `mac` string COMMENT 'mac',
  `framed_addr` string COMMENT 'framed_addr, an address',
  `tunnel_client` string COMMENT 'tunnel_client',
  `connect_info` string COMMENT 'connect_info',
  `reply_msg` string COMMENT 'reply_msg',
  `result` string COMMENT 'result',
  `ttl` double COMMENT 'ttl, seconds',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=radius/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=radius/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`syslog` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `proto` string COMMENT 'proto',
  `facility` string COMMENT 'facility',
  `severity` string COMMENT 'severity',
  `message` string COMMENT 'message',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=syslog/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=syslog/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`dnp3` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `fc_request` string COMMENT 'fc_request',
  `fc_reply` string COMMENT 'fc_reply',
  `iin` bigint COMMENT 'iin',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=dnp3/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=dnp3/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`stratum` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `method` string COMMENT 'method',
  `worker` string COMMENT 'worker',
  `agent` string COMMENT 'agent',
  `algo` string COMMENT 'algo',
  `success` boolean COMMENT 'success',
  `pool_is_orig` boolean COMMENT 'pool_is_orig',
  `jobs` bigint COMMENT 'jobs',
  `submits` bigint COMMENT 'submits',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=stratum/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=stratum/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`kerberos` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `request_type` string COMMENT 'request_type',
  `client` string COMMENT 'client',
  `service` string COMMENT 'service',
  `success` boolean COMMENT 'success',
  `error_msg` string COMMENT 'error_msg',
  `from` double COMMENT 'from, seconds since the epoch',
  `till` double COMMENT 'till, seconds since the epoch',
  `cipher` string COMMENT 'cipher',
  `forwardable` boolean COMMENT 'forwardable',
  `renewable` boolean COMMENT 'renewable',
  `error_code` bigint COMMENT 'error_code',
  `etypes` array<string> COMMENT 'etypes',
  `kdc_etypes` array<string> COMMENT 'kdc_etypes',
  `preauth` string COMMENT 'preauth',
  `preauth_cipher` string COMMENT 'preauth_cipher',
  `reply_cipher` string COMMENT 'reply_cipher',
  `tgt_cipher` string COMMENT 'tgt_cipher',
  `tgt_foreign` boolean COMMENT 'tgt_foreign',
  `kdc_options` bigint COMMENT 'kdc_options',
  `service_type` bigint COMMENT 'service_type',
  `rtt` double COMMENT 'rtt, seconds',
  `carrier` string COMMENT 'carrier',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=kerberos/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=kerberos/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`ldap` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `message_id` bigint COMMENT 'message_id',
  `version` bigint COMMENT 'version',
  `opcode` string COMMENT 'opcode',
  `result` string COMMENT 'result',
  `diagnostic_message` string COMMENT 'diagnostic_message',
  `object` string COMMENT 'object',
  `argument` string COMMENT 'argument',
  `attributes` array<string> COMMENT 'attributes',
  `messages` bigint COMMENT 'messages',
  `bytes` bigint COMMENT 'bytes',
  `rtt` double COMMENT 'rtt, seconds',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=ldap/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=ldap/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`ldap_search` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `message_id` bigint COMMENT 'message_id',
  `scope` string COMMENT 'scope',
  `deref_aliases` string COMMENT 'deref_aliases',
  `base_object` string COMMENT 'base_object',
  `result_count` bigint COMMENT 'result_count',
  `result` string COMMENT 'result',
  `diagnostic_message` string COMMENT 'diagnostic_message',
  `filter` string COMMENT 'filter',
  `attributes` array<string> COMMENT 'attributes',
  `result_bytes` bigint COMMENT 'result_bytes',
  `rtt` double COMMENT 'rtt, seconds',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=ldap_search/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=ldap_search/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`rdp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `cookie` string COMMENT 'cookie',
  `result` string COMMENT 'result',
  `security_protocol` string COMMENT 'security_protocol',
  `client_channels` array<string> COMMENT 'client_channels',
  `keyboard_layout` string COMMENT 'keyboard_layout',
  `client_build` string COMMENT 'client_build',
  `client_name` string COMMENT 'client_name',
  `client_dig_product_id` string COMMENT 'client_dig_product_id',
  `desktop_width` bigint COMMENT 'desktop_width',
  `desktop_height` bigint COMMENT 'desktop_height',
  `requested_color_depth` string COMMENT 'requested_color_depth',
  `cert_type` string COMMENT 'cert_type',
  `cert_count` bigint COMMENT 'cert_count',
  `cert_permanent` boolean COMMENT 'cert_permanent',
  `encryption_level` string COMMENT 'encryption_level',
  `encryption_method` string COMMENT 'encryption_method',
  `requested_protocols` array<string> COMMENT 'requested_protocols',
  `restricted_admin` boolean COMMENT 'restricted_admin',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=rdp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=rdp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`sunrpc` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `rtt` double COMMENT 'rtt, seconds',
  `program` string COMMENT 'program',
  `version` bigint COMMENT 'version',
  `procedure` string COMMENT 'procedure',
  `machine` string COMMENT 'machine',
  `args` string COMMENT 'args',
  `longest_arg` bigint COMMENT 'longest_arg',
  `address` string COMMENT 'address',
  `address_len` bigint COMMENT 'address_len',
  `answered` boolean COMMENT 'answered',
  `status` bigint COMMENT 'status',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=sunrpc/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=sunrpc/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`postgresql` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `user` string COMMENT 'user',
  `database` string COMMENT 'database',
  `application_name` string COMMENT 'application_name',
  `frontend` string COMMENT 'frontend',
  `frontend_arg` string COMMENT 'frontend_arg',
  `success` boolean COMMENT 'success',
  `rows` bigint COMMENT 'rows',
  `backend` string COMMENT 'backend',
  `backend_arg` string COMMENT 'backend_arg',
  `server_version` string COMMENT 'server_version',
  `error_code` string COMMENT 'error_code',
  `result_bytes` bigint COMMENT 'result_bytes',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=postgresql/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=postgresql/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`tds` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `command` string COMMENT 'command',
  `procedure_name` string COMMENT 'procedure_name',
  `query` string COMMENT 'query',
  `user` string COMMENT 'user',
  `app_name` string COMMENT 'app_name',
  `database` string COMMENT 'database',
  `server_version` string COMMENT 'server_version',
  `success` boolean COMMENT 'success',
  `rows` bigint COMMENT 'rows',
  `error_code` bigint COMMENT 'error_code',
  `response` string COMMENT 'response',
  `result_bytes` bigint COMMENT 'result_bytes',
  `encrypted` boolean COMMENT 'encrypted',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=tds/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=tds/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`snmp` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `duration` double COMMENT 'duration, seconds',
  `version` string COMMENT 'version',
  `community` string COMMENT 'community',
  `get_requests` bigint COMMENT 'get_requests',
  `get_bulk_requests` bigint COMMENT 'get_bulk_requests',
  `get_responses` bigint COMMENT 'get_responses',
  `set_requests` bigint COMMENT 'set_requests',
  `display_string` string COMMENT 'display_string',
  `default_answers` bigint COMMENT 'default_answers',
  `default_writes` bigint COMMENT 'default_writes',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=snmp/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=snmp/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`redis` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `cmd_name` string COMMENT 'cmd.name',
  `cmd_key` string COMMENT 'cmd.key',
  `cmd_value` string COMMENT 'cmd.value',
  `success` boolean COMMENT 'success',
  `reply_value` string COMMENT 'reply.value',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=redis/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=redis/date=${date}/hour=${hour}/'
);

CREATE EXTERNAL TABLE IF NOT EXISTS `mirrorwatch`.`cloudtrail` (
  `ts` double COMMENT 'ts, seconds since the epoch',
  `uid` string COMMENT 'uid',
  `id_orig_h` string COMMENT 'id.orig_h, an address',
  `id_orig_p` bigint COMMENT 'id.orig_p',
  `id_resp_h` string COMMENT 'id.resp_h, an address',
  `id_resp_p` bigint COMMENT 'id.resp_p',
  `vni` bigint COMMENT 'vni',
  `sensor` string COMMENT 'sensor',
  `community_id` string COMMENT 'community_id',
  `event_name` string COMMENT 'event_name',
  `event_source` string COMMENT 'event_source',
  `aws_region` string COMMENT 'aws_region',
  `account` string COMMENT 'account',
  `source_ip` string COMMENT 'source_ip',
  `user_agent` string COMMENT 'user_agent',
  `principal_type` string COMMENT 'principal_type',
  `principal` string COMMENT 'principal',
  `principal_id` string COMMENT 'principal_id',
  `principal_account` string COMMENT 'principal_account',
  `user` string COMMENT 'user',
  `role` string COMMENT 'role',
  `session` string COMMENT 'session',
  `instance` string COMMENT 'instance',
  `access_key` string COMMENT 'access_key',
  `key_hash` string COMMENT 'key_hash',
  `invoked_by` string COMMENT 'invoked_by',
  `mfa` boolean COMMENT 'mfa',
  `error_code` string COMMENT 'error_code',
  `error_message` string COMMENT 'error_message',
  `read_only` boolean COMMENT 'read_only',
  `event_type` string COMMENT 'event_type',
  `vpc_endpoint` string COMMENT 'vpc_endpoint',
  `resources` array<string> COMMENT 'resources',
  `parameters` string COMMENT 'parameters',
  `made` string COMMENT 'made',
  `instance_known` boolean COMMENT 'instance_known',
  `instance_addrs` array<string> COMMENT 'instance_addrs',
  `time` timestamp COMMENT 'ts for people, to the microsecond, UTC',
  `ts_nanos` bigint COMMENT 'ts in nanoseconds since the epoch',
  `line` string COMMENT 'the record as JSON, to the byte'
)
PARTITIONED BY (`date` string, `hour` string)
STORED AS PARQUET
LOCATION 's3://records-123456789012/archive/kind=cloudtrail/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2020-01-01,NOW+1DAY',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'projection.hour.type' = 'integer',
  'projection.hour.range' = '0,23',
  'projection.hour.digits' = '2',
  'storage.location.template' = 's3://records-123456789012/archive/kind=cloudtrail/date=${date}/hour=${hour}/'
);
