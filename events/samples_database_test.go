package events

// databaseSamples are of servers that hold data.
func databaseSamples() []Record {
	return []Record{
		&PostgreSQL{
			Head: between("CpG3hW8tMe1v", "10.20.1.15", 40543, "10.20.2.54", 5432), User: "app", Database: "shop", ApplicationName: "pg_dump", Frontend: "simple_query",
			FrontendArg: "COPY public.customers (id, name) TO stdout;", Success: ptr(true), Rows: ptr[uint64](48211), Backend: "COPY", ResultBytes: 7342110,
		},
		&TDS{
			Head: between("CtD4sQ6lYn2x", "10.20.1.15", 40143, "10.20.2.33", 1433), Command: "rpc", ProcedureName: "sp_executesql", Query: "select * from customers",
			Success: ptr(true), Rows: ptr[uint64](48211), ResultBytes: 7342110,
		},
		&SNMP{
			Head: between("CsN5mP1aGt7k", "10.20.1.15", 40161, "10.20.0.1", 161), Duration: Interval(250000000), Version: "2c", Community: "public", GetRequests: 4,
			GetResponses: 4, DisplayString: "Linux r1", DefaultAnswers: 4,
		},
		&Redis{
			Head: between("CrE6dI9sWq3c", "10.20.1.15", 40637, "10.20.2.63", 6379), Name: "CONFIG SET", Key: "dir", Value: "/var/spool/cron", Success: ptr(true), Reply: "+OK",
		},
	}
}
