package policy

import "slices"

// TagDeployment is the tag that makes an object of AWS ours: its value is the deployment's name.
const TagDeployment = "mirrorwatch:deployment"

// Owned says whether the tags of an object say that it is ours.
func (p *Policy) Owned(tags map[string]string) bool {
	return p.Deployment != "" && tags[TagDeployment] == p.Deployment
}

// Account gives an account whose interfaces are mirrored.
func (p *Policy) Account(id string) (Account, bool) {
	i := slices.IndexFunc(p.Accounts, func(a Account) bool { return a.ID == id })
	if i < 0 {
		return Account{}, false
	}
	return p.Accounts[i], true
}

// Price is what a session costs in a region, in USD an hour.
func (p *Policy) Price(region string) float64 {
	if price, ok := p.Prices.Regions[region]; ok {
		return price
	}
	return p.Prices.SessionHour
}

// TargetFor is where an interface in a zone sends its packets: to the target that names the zone, else to one that names none, else
// to any of the region, as bytes that cross zones cost less than bytes that nobody sees.
func (p *Policy) TargetFor(region, zone string) (best Target, ok bool) {
	rank := 0
	for _, t := range p.Fleet.Targets {
		fit := 1
		switch {
		case t.Region != region:
			continue
		case zone != "" && slices.Contains(t.Zones, zone):
			fit = 3
		case len(t.Zones) == 0:
			fit = 2
		}
		if fit > rank {
			best, rank = t, fit
		}
	}
	return best, rank > 0
}
