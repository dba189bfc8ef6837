module github.com/mirrorwatch/mirrorwatch

go 1.26.0

require (
	github.com/google/gopacket v1.1.19 // the tests' second opinion of frames and capture files
	github.com/prometheus/client_golang v1.23.2 // /metrics of the sensor
	github.com/schollz/progressbar/v3 v3.19.0 // how far a reading has come
	github.com/spf13/cobra v1.10.2 // commands, help, completion
	golang.org/x/net v0.62.0 // assembler for the BPF programs that steer packets
	golang.org/x/sys v0.49.0 // recvmmsg, socket options and the packet ring, without cgo
)

require (
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/kr/text v0.2.0 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/prometheus/client_model v0.6.2 // indirect
	github.com/prometheus/common v0.66.1 // indirect
	github.com/prometheus/procfs v0.16.1 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	go.yaml.in/yaml/v2 v2.4.2 // indirect
	golang.org/x/term v0.47.0 // indirect
	google.golang.org/protobuf v1.36.8 // indirect
)
