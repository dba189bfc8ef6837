package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// maxProbes bounds how often a VNI is asked for that somebody else has. The book leaves out those that are known to be taken, so more
// than a few are a range that is all but full, or a store that is not the one that the others use.
const maxProbes = 64

var errNoVNI = errors.New("no VNI is free")

// book is which VNI is whose, as far as the pass knows. The store has the last word.
type book struct {
	mu      sync.Mutex
	lasting map[string][]events.Binding // by interface; the one that counts first
	taken   map[uint32]bool             // bound
	sending map[uint32]map[string]bool  // sessions that have it, whosever they are
	given   map[uint32]bool             // that the pass gives to a session, or tries to
	all     bool                        // every binding there is was read
}

func newBook() *book {
	return &book{lasting: map[string][]events.Binding{}, taken: map[uint32]bool{}, sending: map[uint32]map[string]bool{}, given: map[uint32]bool{}}
}

func (b *book) add(one events.Binding) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.DeleteFunc(b.lasting[one.Interface], func(x events.Binding) bool { return x.VNI == one.VNI })
	b.lasting[one.Interface] = append(list, one)
	b.taken[one.VNI] = true
}

func (b *book) drop(iface string, vni uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lasting[iface] = slices.DeleteFunc(b.lasting[iface], func(x events.Binding) bool { return x.VNI == vni })
	delete(b.taken, vni)
}

func (b *book) of(iface string) []events.Binding {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.lasting[iface])
}

func (b *book) free(vni uint32) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.taken[vni] && len(b.sending[vni]) == 0
}

// give notes that a session is to have a VNI from here on.
func (b *book) give(vni uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.given[vni] = true
}

// gave says whether the pass gives a VNI to a session: whatever the plan thought of it, it is in use now.
func (b *book) gave(vni uint32) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.given[vni]
}

// stopped notes that a session has a VNI no more.
func (b *book) stopped(session string, vni uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sending[vni], session)
}

// settle notes the VNIs of all sessions, and puts of several bindings of an interface the one first that a session of it uses, or else
// the newest: a pass that died between a new VNI and the old one's release leaves two.
func (b *book) settle(accounts []plan.Account) {
	used := map[string]map[uint32]bool{}
	for _, a := range accounts {
		for _, s := range a.Sessions {
			if b.sending[s.VirtualNetworkID] == nil {
				b.sending[s.VirtualNetworkID] = map[string]bool{}
			}
			b.sending[s.VirtualNetworkID][s.ID] = true
			if used[s.NetworkInterface] == nil {
				used[s.NetworkInterface] = map[uint32]bool{}
			}
			used[s.NetworkInterface][s.VirtualNetworkID] = true
		}
	}
	for iface, list := range b.lasting {
		slices.SortStableFunc(list, func(x, y events.Binding) int {
			if a, c := used[iface][x.VNI], used[iface][y.VNI]; a != c {
				if a {
					return -1
				}
				return 1
			}
			return y.From.Compare(x.From)
		})
	}
}

// take leases a VNI for a session that is to be made. Where the plan names one, the interface's binding is used again: the session may
// be there and not be visible yet, and AWS gives the same session for the same token. Where it names none, what the interface has is
// given back, since AWS would only replay a session that is long gone, and a free one is bound.
func (p *pass) take(ctx context.Context, want events.Binding) (events.Binding, string, error) {
	own := p.book.of(want.Interface)
	for _, b := range own {
		if b.VNI == want.VNI {
			return b, p.token(&b), nil
		}
	}
	for _, old := range own {
		if err := p.giveBack(ctx, old.Interface, old.VNI); err != nil {
			return events.Binding{}, "", err
		}
	}
	b, err := p.bindFree(ctx, want)
	return b, p.token(&b), err
}

func (p *pass) token(b *events.Binding) string {
	return plan.ClientToken(p.policy.Deployment, b.Interface, b.VNI, b.From)
}

func (p *pass) inRange(vni uint32) bool { return vni >= p.policy.VNI.From && vni <= p.policy.VNI.To }

// renumber leases another VNI for a session that has one which is not its own. One that a pass bound which then died is used; the others
// of its interface end when the session has it.
func (p *pass) renumber(ctx context.Context, now uint32, want events.Binding) (events.Binding, error) {
	for _, b := range p.book.of(want.Interface) {
		if b.VNI != now && p.inRange(b.VNI) && !p.doubled(b.VNI, want.Interface) {
			return b, nil
		}
	}
	return p.bindFree(ctx, want)
}

// doubled says whether a session of another interface has a VNI, too.
func (p *pass) doubled(vni uint32, iface string) bool {
	for i := range p.world.Accounts {
		for _, s := range p.world.Accounts[i].Sessions {
			if s.VirtualNetworkID == vni && s.NetworkInterface != iface && p.policy.Owned(s.Tags) {
				return true
			}
		}
	}
	return false
}

// bindFree binds the first free VNI of a sequence that depends on the interface only: who reads a stale store probes the same ones, and
// finds the binding that is there already.
func (p *pass) bindFree(ctx context.Context, want events.Binding) (events.Binding, error) {
	size := uint64(p.policy.VNI.To) - uint64(p.policy.VNI.From) + 1
	seed := sha256.Sum256([]byte(p.policy.Deployment + "\x00" + want.Interface))
	start := binary.BigEndian.Uint64(seed[:8]) % size
	probes := 0
	for i := uint64(0); i < size && probes < maxProbes; i++ {
		vni := p.policy.VNI.From + uint32((start+i)%size)
		if !p.book.free(vni) {
			continue
		}
		probes++
		got, err := p.bind(ctx, want, vni)
		if err == nil || !errors.Is(err, store.ErrConflict) {
			return got, err
		}
	}
	if read, err := p.readAllBound(ctx); err != nil || read {
		if err != nil {
			return events.Binding{}, err
		}
		return p.bindFree(ctx, want)
	}
	return events.Binding{}, fmt.Errorf("%w in %d to %d: %d asked for; widen vni in the policy", errNoVNI, p.policy.VNI.From, p.policy.VNI.To, probes)
}

// readAllBound reads which VNIs are taken, once, and says whether that was news: an event knows those of its own interfaces only, and
// where most of a range is taken it could ask for long.
func (p *pass) readAllBound(ctx context.Context) (bool, error) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	if p.book.all || p.world.Scope == nil {
		return false, nil
	}
	err := walk(func(cursor string) ([]events.Binding, string, error) {
		page, err := p.l.o.Store.Mirror.Bound(ctx, store.ListQuery{Limit: store.MaxPage, Cursor: cursor})
		return page.Items, page.Next, err
	}, func(b events.Binding) { p.book.taken[b.VNI] = true })
	if err != nil {
		return false, fmt.Errorf("read bindings: %w", err)
	}
	p.book.all = true
	return true, nil
}

// bind binds one VNI and reads back what is stored: a binding that is there already keeps its beginning, and with it its token.
func (p *pass) bind(ctx context.Context, want events.Binding, vni uint32) (events.Binding, error) {
	now := p.l.o.Now().UTC()
	want.VNI, want.From, want.To = vni, now, nil
	m := p.l.o.Store.Mirror
	if err := m.Bind(ctx, want); err != nil {
		return want, fmt.Errorf("bind vni %d to %s: %w", vni, want.Interface, err)
	}
	got, err := m.BoundAt(ctx, vni, now)
	switch {
	case errors.Is(err, store.ErrNotFound):
		err = store.ErrConflict
	case err == nil && (got.Interface != want.Interface || got.To != nil):
		err = store.ErrConflict // a clock ahead of ours ended it: it is another attempt's
	}
	if err != nil {
		return want, fmt.Errorf("read back vni %d of %s: %w", vni, want.Interface, err)
	}
	p.book.add(got)
	return got, nil
}

// giveBack ends the binding of a VNI, if it is the interface's still.
func (p *pass) giveBack(ctx context.Context, iface string, vni uint32) error {
	now := p.l.o.Now().UTC()
	m := p.l.o.Store.Mirror
	have, err := m.BoundAt(ctx, vni, now)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && have.Interface != iface:
		p.book.drop(iface, vni)
		return nil
	case err != nil:
		return fmt.Errorf("read vni %d of %s: %w", vni, iface, err)
	}
	if err := m.Release(ctx, vni, now); err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("release vni %d of %s: %w", vni, iface, err)
	}
	p.book.drop(iface, vni)
	return nil
}

// surplus gives back the bindings that an interface has besides the one that counts, once nothing can still be using them: a pass that
// died between a new VNI and the old one's release left them, and no plan sees more than one.
func (p *pass) surplus() []plan.Step {
	if p.world.Scope != nil || p.policy.Switch == policy.Frozen {
		return nil
	}
	var steps []plan.Step
	for iface, list := range p.book.lasting {
		for _, b := range list[1:] {
			pl := p.placeOf(b.Account, b.Region)
			if pl == nil || len(pl.seen.Failures) > 0 || p.at.Sub(b.From) < p.policy.Limits.Settle {
				continue
			}
			steps = append(steps, plan.Step{
				Planner: "loop", Action: plan.Release, Account: b.Account, Region: b.Region, Interface: iface, Name: b.Name,
				Reason: fmt.Sprintf("VNI %d is a second one of %s, and no session of it uses it", b.VNI, iface), Input: plan.Input{Binding: &b},
			})
		}
	}
	slices.SortFunc(steps, func(a, b plan.Step) int { return int(a.Input.Binding.VNI) - int(b.Input.Binding.VNI) })
	return steps
}
