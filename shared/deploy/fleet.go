package deploy

import "fmt"

// Fleet is the environment of the sensors in AWS.
type Fleet struct {
	Table      string
	Sensor     string // may be empty
	Records    string // may be empty: records are not kept
	Deployment string // may be empty: no metrics are told
	Hook       string // may be empty: nobody waits for the end
	Group      string // that waits by the hook: both or neither
}

func (f *Fleet) fields() []field {
	return []field{
		{Table, &f.Table, anyName}, {Sensor, &f.Sensor, optional(anyName)}, {Records, &f.Records, optional(anyName)},
		{Deployment, &f.Deployment, optional(anyName)}, {Hook, &f.Hook, optional(anyName)},
		{Group, &f.Group, optional(anyName)},
	}
}

// FleetFromEnv reads the environment of a sensor in AWS.
func FleetFromEnv(get func(string) string) (Fleet, error) {
	var f Fleet
	err := read(get, "the sensor", f.fields())
	if err == nil && (f.Hook == "") != (f.Group == "") {
		err = fmt.Errorf("environment of the sensor: %s is %q and %s is %q: both are needed, or neither", Hook, f.Hook, Group, f.Group)
	}
	return f, err
}

// Env is the environment as infrastructure writes it.
func (f Fleet) Env() map[string]string { return env(f.fields()) }
