package main

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// recipe is how the model learns.
type recipe struct {
	epochs  int
	rate    float64 // FTRL's alpha
	lasso   float64 // L1: what spoke seldom stays silent
	ridge   float64 // L2
	balance float64 // power of a family's size that its sum of weights has: 1 is as many as there are, 0 all families alike
	honest  float64 // weight of all benign names beside all generated ones
	blind   float64 // share of examples that are seen without their top-level domain, so that it is not all that speaks
	smooth  float64 // how often a pair must have been seen to be believed half, against the single symbol
	doubt   float64 // a benign name that a model which never saw it scores above this ...
	unlike  float64 // ... and that costs more bits a character than this is not learned from; doubt 0: all are
}

// standard was found by a few dozen tries. Most choices change the third digit only. What matters is doubt: about one in forty names that
// the list calls benign is eight to eleven letters drawn by lot below cc, cn, ws, biz, info, net, org or com. Those are the shapes of
// Conficker's names, which lists of visited domains collect; to learn from them as honest blinds the model to that family.
var standard = recipe{epochs: 6, rate: 0.2, lasso: 0.1, ridge: 2, balance: 0.6, honest: 2, blind: 0.2, smooth: 1, doubt: 1, unlike: 4.6}

// example is a name as the model sees it.
type example struct {
	features []uint32
	weight   float64
	target   float64
}

// train makes a model of the names, weights quantised. The thresholds are left for who has names that it never saw.
func train(names []name, r recipe, seed uint64) *dga.Model {
	m := &dga.Model{Weight: make([]int8, dga.Weights), Surprise: learnWords(names, -1, r.smooth)}
	examples := look(names, m, r)
	if r.doubt > 0 {
		leaveOut(examples, names, r, seed)
	}
	l := newLearner(r)
	random := rand.New(rand.NewPCG(seed, 1))
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	for range r.epochs {
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			l.learn(&examples[i], random)
		}
	}
	l.quantise(m)
	return m
}

// leaveOut takes the weight of benign names that are in doubt. Each is judged by a model of the other folds.
func leaveOut(examples []example, names []name, r recipe, seed uint64) {
	doubt := r.doubt
	r.doubt, r.epochs = 0, (r.epochs+1)/2
	for k := range folds {
		others := slices.DeleteFunc(slices.Clone(names), func(n name) bool { return n.fold == k })
		if len(others) == len(names) {
			continue
		}
		m := train(others, r, seed)
		for i := range names {
			if n := &names[i]; n.fold == k && !n.generated && m.Score(n.text) > doubt && m.Unlike(n.text) > r.unlike {
				examples[i].weight = 0
			}
		}
	}
}

// look gives the examples. A benign name is measured against the words of the other benign names: the table of all would know it.
func look(names []name, m *dga.Model, r recipe) []example {
	var without [folds]dga.Model
	for k := range without {
		without[k].Surprise = learnWords(names, k, r.smooth)
	}
	weights := weigh(names, r)
	list := make([]example, len(names))
	for i := range names {
		n := &names[i]
		list[i].weight = weights[n.family]
		if n.generated {
			list[i].target = 1
			list[i].features = m.Features(nil, n.text)
		} else {
			list[i].features = without[n.fold].Features(nil, n.text)
		}
	}
	return list
}

// weigh gives the weight of one name, by family. A benign one weighs 1; the generated ones together weigh as much as the benign ones over
// r.honest, however many there are.
func weigh(names []name, r recipe) map[string]float64 {
	sizes, weights, all := map[string]int{}, map[string]float64{"benign": 1}, 0.0
	for i := range names {
		sizes[names[i].family]++
	}
	for _, f := range slices.Sorted(maps.Keys(sizes)) {
		if f != "benign" {
			all += math.Pow(float64(sizes[f]), r.balance)
		}
	}
	for f, n := range sizes {
		if f != "benign" {
			weights[f] = math.Pow(float64(n), r.balance-1) / all * float64(sizes["benign"]) / r.honest
		}
	}
	return weights
}

// learner is FTRL-proximal (McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013), with logistic loss. Products are
// converted before they are added, so that no processor fuses the two and rounds otherwise.
type learner struct {
	r    recipe
	z, n []float64
	bias int
}

func newLearner(r recipe) *learner {
	return &learner{r: r, z: make([]float64, dga.Weights+1), n: make([]float64, dga.Weights+1), bias: dga.Weights}
}

func (l *learner) weight(i int) float64 {
	z, lasso := l.z[i], l.r.lasso
	if i == l.bias {
		lasso = 0
	}
	if math.Abs(z) <= lasso {
		return 0
	}
	if z < 0 {
		lasso = -lasso
	}
	return -(z - lasso) / ((1+math.Sqrt(l.n[i]))/l.r.rate + l.r.ridge)
}

func (l *learner) learn(e *example, random *rand.Rand) {
	seen := e.features
	if random.Float64() < l.r.blind {
		seen = seen[:len(seen)-1]
	}
	sum := l.weight(l.bias)
	for _, f := range seen {
		sum += l.weight(int(f))
	}
	g := (1/(1+math.Exp(-sum)) - e.target) * e.weight
	l.step(l.bias, g)
	for _, f := range seen {
		l.step(int(f), g)
	}
}

func (l *learner) step(i int, g float64) {
	w := l.weight(i)
	n := l.n[i] + float64(g*g)
	sigma := (math.Sqrt(n) - math.Sqrt(l.n[i])) / l.r.rate
	l.z[i] += g - float64(sigma*w)
	l.n[i] = n
}

// quantise writes the weights as whole steps of a scale that fits nearly all of them.
func (l *learner) quantise(m *dga.Model) {
	m.Bias = float32(l.weight(l.bias))
	m.GramScale = l.fill(m.Weight[:dga.Grams], 0)
	m.PlainScale = l.fill(m.Weight[dga.Grams:], dga.Grams)
}

func (l *learner) fill(dst []int8, from int) float32 {
	most := 0.0
	for i := range dst {
		most = max(most, math.Abs(l.weight(from+i)))
	}
	scale := most / 127
	if scale == 0 {
		return 0
	}
	for i := range dst {
		dst[i] = int8(math.Round(l.weight(from+i) / scale))
	}
	return float32(scale)
}
