// Package replay plays captures as a mirror would. What comes in is capture files and the time they are moved to; what goes out is
// VXLAN datagrams to a sensor on this machine, and, on the sensor's side, a source that gives each packet the time it was moved to, so
// that hours pass in seconds and every rhythm stays as it was. It never changes a packet, and never runs ahead of the sensor it
// plays to.
package replay

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/decap"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// maxScene is the most bytes of one capture that are held in memory, and maxFrame the longest frame that a datagram carries.
const (
	maxScene = 256 << 20
	maxFrame = 65507 - header
	header   = 8 // of VXLAN, RFC 7348 section 5
)

// Scene is one capture, ready to be played.
type Scene struct {
	Name    string
	Start   time.Time // of its first packet: as recorded, until Lay moves it
	Length  time.Duration
	Left    int // frames that no datagram can carry
	packets []framed
}

// framed is an Ethernet frame, when it is sent counted from the scene's start, and as whose mirror.
type framed struct {
	at    time.Duration
	vni   uint32
	frame []byte
}

// Load reads a capture. Frames that a mirror has wrapped already are sent with the VNI they came with, all others with vni.
func Load(path string, vni uint32) (*Scene, error) {
	src, err := capture.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	s := &Scene{Name: path}
	size := 0
	for b := capture.NewBatch(); ; {
		if err := src.Next(b); errors.Is(err, io.EOF) {
			return s, nil
		} else if err != nil {
			return nil, err
		}
		for i := range b.Frames {
			s.add(&b.Frames[i], vni)
			size += len(b.Frames[i].Data)
		}
		if size > maxScene {
			return nil, fmt.Errorf("%s: more than %d MiB: too much to play", path, maxScene>>20)
		}
	}
}

func (s *Scene) add(f *capture.Frame, vni uint32) {
	at := time.Unix(0, f.Time).UTC()
	if s.Start.IsZero() {
		s.Start = at
	}
	frame, number := unwrap(f.Data, vni)
	if f.Link != packet.LinkEthernet || len(frame) > maxFrame {
		s.Left++
		return
	}
	s.Length = max(s.Length, at.Sub(s.Start))
	s.packets = append(s.packets, framed{max(0, at.Sub(s.Start)), number, append([]byte(nil), frame...)})
}

// Packets is how many packets a scene sends.
func (s *Scene) Packets() int { return len(s.packets) }

// unwrap takes the envelope off a frame that is VXLAN already, over IPv4 without options as a mirror sends it.
func unwrap(f []byte, vni uint32) ([]byte, uint32) {
	const head = 14 + 20 + 8
	if len(f) > head+header && f[12] == 8 && f[13] == 0 && f[14] == 0x45 && f[23] == 17 && f[36] == 4789>>8 && f[37] == 4789&0xff {
		if inner, number, ok := decap.VXLAN(f[head:]); ok {
			return inner, number
		}
	}
	return f, vni
}

// Lay moves scenes one behind the other, with a rest between them, so that the last one ends at end. It gives the start of the first.
func Lay(scenes []*Scene, rest time.Duration, end time.Time) time.Time {
	for i := len(scenes) - 1; i >= 0; i-- {
		scenes[i].Start = end.Add(-scenes[i].Length)
		end = scenes[i].Start.Add(-rest)
	}
	if len(scenes) == 0 {
		return end
	}
	return scenes[0].Start
}
