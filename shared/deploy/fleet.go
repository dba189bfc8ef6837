package deploy

// Fleet is the environment of the sensors in AWS.
type Fleet struct {
	Table      string
	Sensor     string // may be empty
	Records    string // may be empty: records are not kept
	Deployment string // may be empty: no metrics are told
	Hook       string // may be empty: nobody waits for the end
}

func (f *Fleet) fields() []field {
	return []field{
		{Table, &f.Table, anyName}, {Sensor, &f.Sensor, optional(anyName)}, {Records, &f.Records, optional(anyName)},
		{Deployment, &f.Deployment, optional(anyName)}, {Hook, &f.Hook, optional(anyName)},
	}
}

// FleetFromEnv reads the environment of a sensor in AWS.
func FleetFromEnv(get func(string) string) (Fleet, error) {
	var f Fleet
	err := read(get, "the sensor", f.fields())
	return f, err
}

// Env is the environment as infrastructure writes it.
func (f Fleet) Env() map[string]string { return env(f.fields()) }
