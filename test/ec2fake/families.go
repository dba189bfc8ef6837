package ec2fake

import (
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// unsupportedFamilies are the virtualized Nitro families that AWS lists as no source of traffic mirroring, as of November 2026.
func unsupportedFamilies() []string {
	return strings.Fields(`m8g m6a m6i m6id m6idn m6in m7a m7g m7gd m7i m7i-flex
		c8g c6a c6gd c6gn c6i c6id c6in c7a c7g c7gd c7gn c7i
		r8g r6a r6i r6id r6idn r6in r7a r7g r7gd r7i r7iz x8g x2idn x2iedn x2iezn
		i4g i4i im4gn is4gen inf2 p5 trn1 trn1n hpc6a hpc6id hpc7a hpc7g`)
}

// oldSupportedFamilies are the families before Nitro that can be mirrored.
func oldSupportedFamilies() []string { return strings.Fields(`c4 d2 g3 g3s h1 i3 m4 p2 p3 r4 x1 x1e`) }

// oldFamilies are all those before Nitro.
func oldFamilies() []string {
	return strings.Fields(`c1 c3 c4 cc2 cr1 d2 f1 g2 g3 g3s h1 hs1 i2 i3 m1 m2 m3 m4 p2 p3 r3 r4 t1 t2 x1 x1e`)
}

// nitroFamilies are those that can be mirrored, and newer ones of which AWS says nothing.
func nitroFamilies() []string {
	return strings.Fields(`a1 c5 c5a c5ad c5d c5n c6g d3 d3en g4ad g4dn g5 g5g i3en i4i inf1 m5 m5a m5ad m5d m5dn m5n m5zn m6g m6gd
		m8a m8i c8i r8i p4d r5 r5a r5ad r5b r5d r5dn r5n r6g r6gd t3 t3a t4g x2gd z1d`)
}

// sizesOf gives the sizes that the imitation knows of every family, by growing size.
func sizesOf() []string {
	return strings.Fields(`nano micro small medium large xlarge 2xlarge 4xlarge 8xlarge 9xlarge 12xlarge 16xlarge 18xlarge 24xlarge metal`)
}

// catalogue gives every type that the imitation knows, by name. Of the families before Nitro only i3 has bare metal.
func catalogue() map[string]ec2api.InstanceType {
	types := map[string]ec2api.InstanceType{}
	old := oldFamilies()
	for _, family := range slices.Concat(unsupportedFamilies(), old, nitroFamilies()) {
		before := slices.Contains(old, family)
		for _, size := range sizesOf() {
			t := ec2api.InstanceType{Name: family + "." + size, Hypervisor: "nitro", BareMetal: isMetal(size)}
			switch {
			case t.BareMetal && before && family != "i3":
				continue
			case t.BareMetal:
				t.Hypervisor = ""
			case before:
				t.Hypervisor = "xen"
			}
			types[t.Name] = t
		}
	}
	return types
}

func familyOf(instanceType string) (family, size string) {
	family, size, _ = strings.Cut(instanceType, ".")
	return family, size
}

// mirrors says whether a network interface of an instance type can be a source.
func (s *Settings) mirrors(instanceType string) bool {
	family, size := familyOf(instanceType)
	switch {
	case isMetal(size), slices.Contains(s.Unsupported, family):
		return false
	case slices.Contains(oldFamilies(), family):
		return slices.Contains(s.OldSupported, family)
	}
	return true
}

func isMetal(size string) bool { return strings.HasPrefix(size, "metal") }

// isLargest says whether an instance type is the largest of its family. The imitation takes 24xlarge and 16xlarge for that, which is
// right for most.
func isLargest(instanceType string) bool {
	_, size := familyOf(instanceType)
	return size == "24xlarge" || size == "16xlarge"
}
