package capture

import "golang.org/x/net/bpf"

// A steering program is a classic BPF program that the kernel runs on each packet to choose the worker: the number it
// returns is the worker's. It hashes what is the same in both directions of the innermost conversation, the sum and the
// exclusive or of addresses and of ports, so both directions meet; and it leaves the VNI out, so that a conversation
// mirrored at both of its ends meets too. A fragment, ICMP, an IPv6 packet with extension headers and what else has no ports
// in its place goes by its addresses alone. What is not IP, or too short for its headers, goes to the first worker, for
// there the kernel ends the program with 0.

// Offsets and numbers the program needs.
const (
	vxlanPort      = 4789 // IANA
	vxlanHeader    = 8    // RFC 7348 section 5
	udpHeader      = 8
	ethernetHeader = 14

	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVLAN = 0x8100
	etherQinQ = 0x88a8
)

// Scratch cells of the program.
const (
	cellSum     = iota // of addresses
	cellXor            // of addresses
	cellPortSum        //
	cellPortXor        //
	cellA              // the first half of what is being combined
	cellBase           // where the network header begins
)

// Odd multipliers of 32 bits without structure (Murmur3's and the golden ratio's): a bare sum or exclusive or of neighbouring
// addresses and ports puts nearly all of them in few remainders.
const (
	mixA = 0x9e3779b1
	mixB = 0x85ebca6b
	mixC = 0xc2b2ae35
)

// program is classic BPF with jumps to labels, which are resolved in assemble.
type program struct {
	code   []bpf.Instruction
	labels map[string]int
	jumps  []jump
}

// jump is a branch of the instruction at a place: to a label if the condition holds, else on to the next.
type jump struct {
	at    int
	label string
}

func (p *program) add(code ...bpf.Instruction) { p.code = append(p.code, code...) }
func (p *program) label(name string)           { p.labels[name] = len(p.code) }

// when jumps to a label if the condition holds for A.
func (p *program) when(cond bpf.JumpTest, v uint32, label string) {
	p.jumps = append(p.jumps, jump{len(p.code), label})
	p.add(bpf.JumpIf{Cond: cond, Val: v})
}

// always jumps to a label.
func (p *program) always(label string) {
	p.jumps = append(p.jumps, jump{len(p.code), label})
	p.add(bpf.Jump{})
}

// assemble resolves the labels.
func (p *program) assemble() ([]bpf.RawInstruction, error) {
	for _, j := range p.jumps {
		skip := p.labels[j.label] - j.at - 1
		switch c := p.code[j.at].(type) {
		case bpf.JumpIf:
			c.SkipTrue = uint8(skip) // no branch of ours is longer than 255
			p.code[j.at] = c
		case bpf.Jump:
			p.code[j.at] = bpf.Jump{Skip: uint32(skip)}
		}
	}
	return bpf.Assemble(p.code)
}

// steerVXLAN is the program for the sockets of a port: the kernel hands it the UDP payload, a VXLAN header first.
func steerVXLAN(workers int) ([]bpf.RawInstruction, error) {
	p := &program{labels: map[string]int{}}
	p.add(bpf.LoadConstant{Dst: bpf.RegX, Val: vxlanHeader})
	p.ethernet()
	p.network()
	p.finish(workers)
	return p.assemble()
}

// steerInterface is the program for the rings of an interface. The kernel hands it a received packet from the network
// header on, and one on its way out from the link header on. Inside VXLAN it goes by the inner packet.
func steerInterface(workers, linkHeader int) ([]bpf.RawInstruction, error) {
	const outgoing = 4 // PACKET_OUTGOING of linux/if_packet.h
	p := &program{labels: map[string]int{}}
	p.add(bpf.LoadConstant{Dst: bpf.RegX, Val: 0}, bpf.LoadExtension{Num: bpf.ExtType})
	p.when(bpf.JumpNotEqual, outgoing, "at the network header")
	p.add(bpf.LoadConstant{Dst: bpf.RegX, Val: uint32(linkHeader)})
	p.label("at the network header")
	p.add(bpf.StoreScratch{Src: bpf.RegX, N: cellBase}, bpf.LoadExtension{Num: bpf.ExtProto})
	for _, tag := range []uint32{etherVLAN, etherQinQ} {
		p.when(bpf.JumpEqual, tag, "outer tag")
	}
	p.always("outer type")
	p.label("outer tag")
	p.add(bpf.LoadIndirect{Off: 2, Size: 2}, bpf.StoreScratch{Src: bpf.RegA, N: cellA}, bpf.TXA{},
		bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 4}, bpf.TAX{}, bpf.LoadScratch{Dst: bpf.RegA, N: cellA})
	p.label("outer type")
	p.when(bpf.JumpNotEqual, etherIPv4, "network")
	p.envelope()
	p.ethernet()
	p.network()
	p.finish(workers)
	return p.assemble()
}

// envelope looks from an IPv4 header at X for VXLAN; if it is there it leaves X at the inner frame, else it goes to "network"
// with X as it was and the EtherType in A.
func (p *program) envelope() {
	p.add(bpf.StoreScratch{Src: bpf.RegX, N: cellBase}, bpf.LoadIndirect{Off: 9, Size: 1})
	p.when(bpf.JumpNotEqual, 17, "bare")
	p.add(bpf.LoadIndirect{Off: 6, Size: 2})
	p.when(bpf.JumpBitsSet, 0x1fff, "bare")
	p.pastIPv4()
	p.add(bpf.LoadIndirect{Off: 2, Size: 2})
	p.when(bpf.JumpNotEqual, vxlanPort, "bare")
	p.add(bpf.TXA{}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: udpHeader + vxlanHeader}, bpf.TAX{})
	p.always("ethernet")
	p.label("bare")
	p.add(bpf.LoadScratch{Dst: bpf.RegX, N: cellBase}, bpf.LoadConstant{Dst: bpf.RegA, Val: etherIPv4})
	p.always("network")
	p.label("ethernet")
}

// pastIPv4 moves X from an IPv4 header to what follows it.
func (p *program) pastIPv4() {
	p.add(bpf.LoadIndirect{Off: 0, Size: 1}, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.TAX{})
}

// ethernet moves X from an Ethernet header, with up to one tag, to the network header, and leaves the EtherType in A.
func (p *program) ethernet() {
	p.add(bpf.LoadIndirect{Off: 12, Size: 2})
	for _, tag := range []uint32{etherVLAN, etherQinQ} {
		p.when(bpf.JumpEqual, tag, "tag")
	}
	p.always("type")
	p.label("tag")
	p.add(bpf.TXA{}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 4}, bpf.TAX{}, bpf.LoadIndirect{Off: 12, Size: 2})
	p.label("type")
	p.add(bpf.StoreScratch{Src: bpf.RegA, N: cellA}, bpf.TXA{}, bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: ethernetHeader},
		bpf.TAX{}, bpf.LoadScratch{Dst: bpf.RegA, N: cellA})
}

// network reads addresses and ports from the network header at X, of the EtherType in A.
func (p *program) network() {
	p.label("network")
	p.when(bpf.JumpEqual, etherIPv4, "ipv4")
	p.when(bpf.JumpEqual, etherIPv6, "ipv6")
	p.add(bpf.RetConstant{Val: 0})
	p.label("ipv4")
	p.add(bpf.LoadIndirect{Off: 12, Size: 4}, bpf.StoreScratch{Src: bpf.RegA, N: cellA}, bpf.LoadIndirect{Off: 16, Size: 4})
	p.combine(cellSum, cellXor)
	p.add(bpf.LoadIndirect{Off: 6, Size: 2})
	p.when(bpf.JumpBitsSet, 0x3fff, "mix") // more fragments, or an offset (RFC 791 section 3.1)
	p.add(bpf.LoadIndirect{Off: 9, Size: 1}, bpf.StoreScratch{Src: bpf.RegA, N: cellA})
	p.pastIPv4()
	p.add(bpf.LoadScratch{Dst: bpf.RegA, N: cellA})
	p.always("transport")
	p.label("ipv6")
	p.add(p.address6(8)...)
	p.add(bpf.StoreScratch{Src: bpf.RegA, N: cellA})
	p.add(p.address6(24)...)
	p.combine(cellSum, cellXor)
	p.add(bpf.LoadIndirect{Off: 6, Size: 1}, bpf.StoreScratch{Src: bpf.RegA, N: cellA}, bpf.TXA{},
		bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 40}, bpf.TAX{}, bpf.LoadScratch{Dst: bpf.RegA, N: cellA})
	p.transport()
}

// address6 folds the IPv6 address at an offset into A, by Horner's rule in a cell of its own.
func (p *program) address6(at uint32) []bpf.Instruction {
	code := []bpf.Instruction{bpf.StoreScratch{Src: bpf.RegX, N: cellBase}, bpf.LoadIndirect{Off: at, Size: 4}}
	for w := at + 4; w < at+16; w += 4 {
		code = append(code, bpf.ALUOpConstant{Op: bpf.ALUOpMul, Val: mixB},
			bpf.StoreScratch{Src: bpf.RegA, N: cellPortSum}, bpf.LoadIndirect{Off: w, Size: 4},
			bpf.LoadScratch{Dst: bpf.RegX, N: cellPortSum}, bpf.ALUOpX{Op: bpf.ALUOpAdd},
			bpf.LoadScratch{Dst: bpf.RegX, N: cellBase})
	}
	return code
}

// transport reads the ports at X where the protocol in A has them. Cells are not zero when a program begins, so those of the
// ports are set where there are none.
func (p *program) transport() {
	p.label("transport")
	for _, proto := range []uint32{6, 17, 132} { // TCP, UDP, SCTP
		p.when(bpf.JumpEqual, proto, "ports")
	}
	p.label("mix")
	p.add(bpf.LoadConstant{Dst: bpf.RegA, Val: 0}, bpf.StoreScratch{Src: bpf.RegA, N: cellPortSum},
		bpf.StoreScratch{Src: bpf.RegA, N: cellPortXor})
	p.always("hash")
	p.label("ports")
	p.add(bpf.LoadIndirect{Off: 0, Size: 2}, bpf.StoreScratch{Src: bpf.RegA, N: cellA}, bpf.LoadIndirect{Off: 2, Size: 2})
	p.combine(cellPortSum, cellPortXor)
}

// combine stores the sum and the exclusive or of A and cellA, and keeps X.
func (p *program) combine(sum, xor int) {
	p.add(bpf.StoreScratch{Src: bpf.RegX, N: cellBase}, bpf.LoadScratch{Dst: bpf.RegX, N: cellA},
		bpf.ALUOpX{Op: bpf.ALUOpXor}, bpf.StoreScratch{Src: bpf.RegA, N: xor},
		bpf.ALUOpX{Op: bpf.ALUOpXor}, bpf.ALUOpX{Op: bpf.ALUOpAdd}, bpf.StoreScratch{Src: bpf.RegA, N: sum},
		bpf.LoadScratch{Dst: bpf.RegX, N: cellBase})
}

// finish mixes the four cells and returns the remainder.
func (p *program) finish(workers int) {
	p.label("hash")
	p.add(bpf.LoadConstant{Dst: bpf.RegA, Val: 0})
	for i, by := range []uint32{mixA, mixB, mixC, mixA} {
		p.add(bpf.LoadScratch{Dst: bpf.RegX, N: cellSum + i}, bpf.ALUOpX{Op: bpf.ALUOpAdd},
			bpf.ALUOpConstant{Op: bpf.ALUOpMul, Val: by}, bpf.TAX{},
			bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 15}, bpf.ALUOpX{Op: bpf.ALUOpXor})
	}
	p.add(bpf.ALUOpConstant{Op: bpf.ALUOpMod, Val: uint32(workers)}, bpf.RetA{})
}
