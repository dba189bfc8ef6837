package deploy

// Archiver is the environment of lambdas/archive.
type Archiver struct {
	Archive string // name of the bucket: what comes lies below incoming/, and the archive below records/
}

func (a *Archiver) fields() []field { return []field{{Archive, &a.Archive, anyName}} }

// ArchiverFromEnv reads the environment of lambdas/archive.
func ArchiverFromEnv(get func(string) string) (Archiver, error) {
	var a Archiver
	err := read(get, "lambdas/archive", a.fields())
	return a, err
}

// Env is the environment as infrastructure writes it.
func (a Archiver) Env() map[string]string { return env(a.fields()) }
