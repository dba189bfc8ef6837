package ec2fake

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// touch is a call that changed an object which was there before.
type touch struct {
	caller, call, id string
	tags             map[string]string // before
}

const maxTouches = 100_000

// touch remembers a change of an object, for Touched. The oldest half is forgotten when there are too many.
func (c *Cloud) touch(h *handle, call, id string, tags map[string]string) {
	if len(c.touched) >= maxTouches {
		c.touched = slices.Clone(c.touched[maxTouches/2:])
	}
	c.touched = append(c.touched, touch{h.caller, call, id, tags})
}

// Touched gives the changes by calls of one caller (as given to AccountAs; "" is whoever) to mirroring objects, shares and tags of
// objects that did not have the tag, as "ModifyTrafficMirrorSession tms-…". Tagging an object is such a change.
func (c *Cloud) Touched(caller, key, value string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, t := range c.touched {
		if t.tags[key] != value && (caller == "" || strings.Contains(t.caller, caller)) {
			out = append(out, t.call+" "+t.id)
		}
	}
	return out
}

// Foreign gives a digest of every object that does not have the tag, without those of some ids: while the world stays as it is, nothing
// but the owner of that tag acting on what is not its own changes it.
func (c *Cloud) Foreign(key, value string, but ...string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum, line := sha256.New(), make([]byte, 0, 128)
	note := func(id string, digest uint64, tags map[string]string) {
		if tags[key] != value && !slices.Contains(but, id) {
			line = binary.BigEndian.AppendUint64(append(line[:0], id...), digest)
			sum.Write(line)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.regions)) {
		c.regions[name].digest(note)
	}
	for _, arn := range slices.Sorted(maps.Keys(c.shares)) {
		s := c.shares[arn]
		note(arn, digestOf(s.ResourceShare), s.tags)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// digest visits every object of a region. Load balancers and target groups are left out, as they have no tags here, and what a
// program repairs of its own would be taken for foreign.
func (r *region) digest(note func(id string, digest uint64, tags map[string]string)) {
	eachDigest(r.vpcs, note, func(v *ec2api.Vpc) map[string]string { return v.Tags })
	eachDigest(r.subnets, note, func(v *ec2api.Subnet) map[string]string { return v.Tags })
	eachDigest(r.interfaces, note, func(v *ec2api.NetworkInterface) map[string]string { return v.Tags })
	eachDigest(r.instances, note, func(v *ec2api.Instance) map[string]string { return v.Tags })
	eachDigest(r.sessions, note, func(v *ec2api.TrafficMirrorSession) map[string]string { return v.Tags })
	eachDigest(r.targets, note, func(v *ec2api.TrafficMirrorTarget) map[string]string { return v.Tags })
	eachDigest(r.filters, note, func(v *ec2api.TrafficMirrorFilter) map[string]string { return v.Tags })
	eachDigest(r.groups, note, func(v *ec2api.AutoScalingGroup) map[string]string { return v.Tags })
}

func eachDigest[T any](t *table[T], note func(id string, digest uint64, tags map[string]string), tags func(v *T) map[string]string) {
	for _, r := range t.all() {
		if r.digested != r.now { // values are never changed, so that a digest holds as long as its value
			r.digest, r.digested = digestOf(*r.now), r.now
		}
		note(r.id, r.digest, tags(r.now))
	}
}

func digestOf(v any) uint64 {
	sum := fnv.New64a()
	if eni, is := v.(ec2api.NetworkInterface); is && eni.Attachment != nil {
		fmt.Fprintf(sum, "%+v", *eni.Attachment) // its address says nothing
		eni.Attachment = nil
		v = eni
	}
	fmt.Fprintf(sum, "%+v", v)
	return sum.Sum64()
}

// Check says whether any rule of AWS was ever broken, or whether somebody wrote to what a describe gave. It is never to give an error.
func (c *Cloud) Check() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	broken := slices.Clone(c.broken)
	for _, name := range slices.Sorted(maps.Keys(c.regions)) {
		broken = append(broken, c.regions[name].check(c)...)
	}
	if len(broken) == 0 {
		return nil
	}
	return errors.New("ec2fake: " + strings.Join(broken, "; "))
}
