// Package dga says whether a domain name looks as if a program had made it. What comes in is a name; what goes out is a score in
// log-odds, and on demand what spoke for it and against it. The model is linear: pieces of two to four characters and a few plain
// measures each have a weight, and the weights are summed. They were trained by test/bench/dga and are part of the program. It holds no
// name that it was trained on, never asks the network for anything, and never allocates to score.
//
// A score is about one name. Short names and honest names without vowels do look generated: an alarm needs many.
package dga

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Sizes of the model's parts. Together they are Size bytes.
const (
	Grams   = 1 << 17                     // weights of hashed pieces
	Plain   = 2048                        // weights of plain measures and of top-level domains
	Weights = Grams + Plain               // all that a feature's number can be
	Triples = Symbols * Symbols * Symbols // bits that a character costs an honest name after the two before it

	header = 4 + 4*5 // magic, then five float32: bias, two scales, two thresholds
	// Size of a weights file in bytes: a byte a weight.
	Size = header + Weights + Triples
)

const magic = "MWD1"

// Model scores names. It is never changed after it was made, so any number of goroutines may use it.
type Model struct {
	Bias       float32
	GramScale  float32 // log-odds that one step of a piece's weight is worth
	PlainScale float32 // the same of a plain measure's weight
	// The thresholds in log-odds. At Likely nine of ten generated names of eight characters and more are above, of families that it
	// never saw, too. Sure is for who counts names one by one: hardly an honest name is above.
	Likely, Sure float32

	Weight   []int8  // Weights of them
	Surprise []uint8 // Triples of them, in sixteenths of a bit
}

//go:embed weights.bin
var trained []byte

// Embedded gives the model that is part of the program. The weights were built in, so that it panics where they are not sound, as
// regexp.MustCompile does; a test holds them sound.
func Embedded() *Model {
	m, err := Parse(trained)
	if err != nil {
		panic("dga: the program was built with broken weights: " + err.Error())
	}
	return m
}

// Parse reads the bytes that Append wrote.
func Parse(data []byte) (*Model, error) {
	if len(data) != Size {
		return nil, fmt.Errorf("read weights: %d bytes, expected %d", len(data), Size)
	}
	if string(data[:4]) != magic {
		return nil, fmt.Errorf("read weights: they begin with %q, expected %q", data[:4], magic)
	}
	m := &Model{Weight: make([]int8, Weights), Surprise: data[header+Weights:]}
	for i, p := range m.numbers() {
		*p = math.Float32frombits(binary.LittleEndian.Uint32(data[4+4*i:]))
		if math.IsNaN(float64(*p)) || math.IsInf(float64(*p), 0) {
			return nil, errors.New("read weights: a scale or threshold is no number")
		}
	}
	for i, b := range data[header : header+Weights] {
		m.Weight[i] = int8(b)
	}
	return m, nil
}

// Append writes the model behind dst.
func (m *Model) Append(dst []byte) []byte {
	dst = append(dst, magic...)
	for _, p := range m.numbers() {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(*p))
	}
	for _, w := range m.Weight {
		dst = append(dst, byte(w))
	}
	return append(dst, m.Surprise...)
}

func (m *Model) numbers() [5]*float32 {
	return [5]*float32{&m.Bias, &m.GramScale, &m.PlainScale, &m.Likely, &m.Sure}
}

// Score is the log-odds that a program made the name: above 0 it is likelier than not where both kinds are equally frequent. The name
// is in lower case without a last dot, as records have it.
func (m *Model) Score(name string) float64 {
	var room [MaxFeatures]uint32
	grams, plain := 0, 0
	for _, f := range m.Features(room[:0], name) {
		if f < Grams {
			grams += int(m.Weight[f])
		} else {
			plain += int(m.Weight[f])
		}
	}
	return float64(m.Bias) + float64(m.GramScale)*float64(grams) + float64(m.PlainScale)*float64(plain)
}
