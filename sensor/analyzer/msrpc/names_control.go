package msrpc

// control are the interfaces that make a host do something.
var control = []listed{
	{uuid: "367abb81-9844-35f1-ad32-98f038001003", name: "svcctl", ops: "CloseServiceHandle ControlService DeleteService"},
}
