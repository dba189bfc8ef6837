package detect

import "fmt"

// Heir is a Keeper that can take over what another sensor learned of a device.
type Heir interface {
	// TakeOver gives what is to be kept under a key when a value of another sensor comes to what is known here; nil: nothing of it.
	TakeOver(key, value []byte) ([]byte, error)
}

// TakeOver gives what is to be kept of an entry of another sensor. Serial numbers are each sensor's own: only parts that go by a device's id
// can be taken over, and of the others the answer is nil.
func (j *Judge) TakeOver(name string, key, value []byte) ([]byte, error) {
	for i := range j.parts {
		p := &j.parts[i]
		heir, ok := p.keeper.(Heir)
		if p.Name != name || !ok {
			continue
		}
		kept, err := heir.TakeOver(key, value)
		if err != nil {
			return nil, fmt.Errorf("take over %s: %w", name, err)
		}
		return kept, nil
	}
	return nil, nil
}
