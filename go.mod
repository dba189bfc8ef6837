module github.com/mirrorwatch/mirrorwatch

go 1.26.0

require (
	github.com/DataDog/sketches-go v1.4.7 // mergeable quantile sketches of what is usual
	github.com/aws/aws-cdk-go/awscdk/v2 v2.220.0 // the infrastructure as code; newer versions cannot be had with their constructs
	github.com/aws/aws-lambda-go v1.55.1 // the runtime of the functions, and the shapes of their events
	github.com/aws/aws-sdk-go-v2 v1.48.0 // what every AWS client shares
	github.com/aws/aws-sdk-go-v2/config v1.33.18 // region and credentials as every AWS tool finds them
	github.com/aws/aws-sdk-go-v2/credentials v1.21.0 // static credentials for local endpoints
	github.com/aws/aws-sdk-go-v2/feature/ec2/imds v1.20.9 // which instance a sensor is, and whether its group wants it to end
	github.com/aws/aws-sdk-go-v2/service/athena v1.67.1 // queries of archived records
	github.com/aws/aws-sdk-go-v2/service/autoscaling v1.81.0 // tags of Auto Scaling groups
	github.com/aws/aws-sdk-go-v2/service/cloudwatch v1.75.7 // metrics of instances
	github.com/aws/aws-sdk-go-v2/service/dynamodb v1.74.0 // the store in AWS
	github.com/aws/aws-sdk-go-v2/service/dynamodbstreams v1.47.0 // the events of that store
	github.com/aws/aws-sdk-go-v2/service/ec2 v1.344.3 // mirror sessions and what they are of; only shared/ec2api/sdk imports it
	github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2 v1.64.0 // the listener that mirrored packets need
	github.com/aws/aws-sdk-go-v2/service/eventbridge v1.55.11 // events out
	github.com/aws/aws-sdk-go-v2/service/firehose v1.52.12 // records on their way to the archive
	github.com/aws/aws-sdk-go-v2/service/lambda v1.114.4 // a function that has more to do than its time allows calls itself again
	github.com/aws/aws-sdk-go-v2/service/ram v1.46.0 // mirror targets shared with other accounts
	github.com/aws/aws-sdk-go-v2/service/s3 v1.114.10 // flow logs and trails where AWS delivers them
	github.com/aws/aws-sdk-go-v2/service/securityhub v1.71.2 // ASFF findings, checked by AWS's own types
	github.com/aws/aws-sdk-go-v2/service/sns v1.48.0 // notifications
	github.com/aws/aws-sdk-go-v2/service/ssm v1.82.1 // the mirror policy as a parameter
	github.com/aws/aws-sdk-go-v2/service/sts v1.52.0 // roles in other accounts
	github.com/aws/constructs-go/constructs/v10 v10.4.2 // what CDK builds with
	github.com/aws/jsii-runtime-go v1.113.0 // what CDK in Go runs on
	github.com/aws/smithy-go v1.28.9 // error codes of AWS answers
	github.com/getkin/kin-openapi v0.153.0 // requests held against openapi.yaml
	github.com/google/gopacket v1.1.19 // the tests' second opinion of frames and capture files
	github.com/jedib0t/go-pretty/v6 v6.8.3 // tables with colour on a terminal
	github.com/klauspost/compress v1.20.4 // zstd for stored records
	github.com/maxmind/mmdbwriter v1.2.0 // databases that the tests ask, made by the maker's own writer
	github.com/oapi-codegen/runtime v1.9.0 // what the generated API code calls
	github.com/oschwald/maxminddb-golang/v2 v2.9.0 // ASN and country of an address
	github.com/parquet-go/parquet-go v0.32.0 // archive files that Athena reads
	github.com/prometheus/client_golang v1.23.2 // /metrics of the sensor
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // OCSF events held against the published schema, in tests
	github.com/schollz/progressbar/v3 v3.19.0 // how far a reading has come
	github.com/spf13/cobra v1.10.2 // commands, help, completion
	github.com/spf13/pflag v1.0.9 // flags that several commands have in common
	go.yaml.in/yaml/v4 v4.0.0 // the mirror policy, with line numbers
	golang.org/x/crypto v0.59.0 // argon2id for passwords
	golang.org/x/net v0.62.0 // assembler for the BPF programs that steer packets
	golang.org/x/sys v0.50.0 // recvmmsg, socket options and the packet ring, without cgo
	golang.org/x/term v0.48.0 // whether output goes to a terminal
	golang.org/x/time v0.16.0 // rate limits
	golang.org/x/tools v0.52.0 // which calls of AWS a program can reach, for the test of its permissions
	modernc.org/sqlite v1.61.1 // the embedded store, without cgo
	pgregory.net/rapid v1.3.0 // property tests of the mirror planner
)

require (
	github.com/Masterminds/semver/v3 v3.4.0 // indirect
	github.com/andybalholm/brotli v1.1.1 // indirect
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream v1.7.27 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.12 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.12 // indirect
	github.com/aws/aws-sdk-go-v2/internal/v4a v1.5.12 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding v1.13.25 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/checksum v1.11.13 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/endpoint-discovery v1.13.12 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/presigned-url v1.14.12 // indirect
	github.com/aws/aws-sdk-go-v2/service/internal/s3shared v1.20.12 // indirect
	github.com/aws/aws-sdk-go-v2/service/signin v1.13.1 // indirect
	github.com/aws/aws-sdk-go-v2/service/sso v1.39.5 // indirect
	github.com/aws/aws-sdk-go-v2/service/ssooidc v1.44.5 // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cdklabs/awscdk-asset-awscli-go/awscliv1/v2 v2.2.242 // indirect
	github.com/cdklabs/awscdk-asset-node-proxy-agent-go/nodeproxyagentv6/v2 v2.1.0 // indirect
	github.com/cdklabs/cloud-assembly-schema-go/awscdkcloudassemblyschema/v48 v48.6.0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/fatih/color v1.18.0 // indirect
	github.com/go-openapi/jsonpointer v1.0.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/mux v1.8.1 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mattn/go-runewidth v0.0.16 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/parquet-go/bitpack v1.0.0 // indirect
	github.com/parquet-go/jsonlite v1.0.0 // indirect
	github.com/pierrec/lz4/v4 v4.1.21 // indirect
	github.com/prometheus/client_model v0.6.2 // indirect
	github.com/prometheus/common v0.66.1 // indirect
	github.com/prometheus/procfs v0.16.1 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/twpayne/go-geom v1.6.1 // indirect
	go.yaml.in/yaml/v2 v2.4.2 // indirect
	go4.org/netipx v0.0.0-20231129151722-fdeea329fbba // indirect
	golang.org/x/lint v0.0.0-20210508222113-6edffad5e616 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.25.0 // indirect
	golang.org/x/telemetry v0.0.0-20261009151841-97e8ea77aa2a // indirect
	golang.org/x/text v0.44.0 // indirect
	google.golang.org/protobuf v1.36.8 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)
