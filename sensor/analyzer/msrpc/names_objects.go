package msrpc

// objects are the interfaces of the endpoint mapper, of DCOM and of what is called through it. Names are those of [C706], [MS-DCOM],
// [MS-WMI] and [MS-OAUT]. The first three operations of an object's interface are QueryInterface, AddRef and Release, which do not come
// over the wire.
var objects = []listed{
	{uuid: "e1af8308-5d1f-11c9-91a4-08002b14a0fa", name: "epmapper", ops: `
		ept_insert ept_delete ept_lookup ept_map ept_lookup_handle_free ept_inq_object ept_mgmt_delete ept_map_auth ept_map_auth_async`},
	{uuid: "afa8bd80-7d8a-11c9-bef4-08002b102989", name: "mgmt", ops: `inq_if_ids inq_stats is_server_listening stop_server_listening inq_princ_name`},
	{uuid: "99fcfec4-5260-101b-bbcb-00aa0021347a", name: "IObjectExporter", ops: `
		ResolveOxid SimplePing ComplexPing ServerAlive ResolveOxid2 ServerAlive2`},
	{uuid: "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", name: "IActivation", ops: `RemoteActivation`},
	{uuid: "000001a0-0000-0000-c000-000000000046", name: "IRemoteSCMActivator", ops: `
		QueryInterfaceIRemoteSCMActivator AddRefIRemoteISCMActivator ReleaseIRemoteISCMActivator RemoteGetClassObject RemoteCreateInstance`},
	{uuid: "00000131-0000-0000-c000-000000000046", name: "IRemUnknown", ops: `
		QueryInterface AddRef Release RemQueryInterface RemAddRef RemRelease`},
	{uuid: "00000143-0000-0000-c000-000000000046", name: "IRemUnknown2", ops: `
		QueryInterface AddRef Release RemQueryInterface RemAddRef RemRelease RemQueryInterface2`},
	{uuid: "00020400-0000-0000-c000-000000000046", name: "IDispatch", ops: `
		QueryInterface AddRef Release GetTypeInfoCount GetTypeInfo GetIDsOfNames Invoke`},
	{uuid: "00020401-0000-0000-c000-000000000046", name: "ITypeInfo"},
	{uuid: "00020404-0000-0000-c000-000000000046", name: "IEnumVARIANT", ops: `QueryInterface AddRef Release Next Skip Reset Clone`},
	{uuid: "9556dc99-828c-11cf-a37e-00aa003240c7", name: "IWbemServices", ops: `
		- - - OpenNamespace CancelAsyncCall QueryObjectSink GetObject GetObjectAsync PutClass PutClassAsync DeleteClass DeleteClassAsync
		CreateClassEnum CreateClassEnumAsync PutInstance PutInstanceAsync DeleteClass DeleteClassAsync CreateInstanceEnum
		CreateInstanceEnumAsync ExecQuery ExecQueryAsync ExecNotificationQuery ExecNotificationQueryAsync ExecMethod ExecMethodAsync`},
	{uuid: "f309ad18-d86a-11d0-a075-00c04fb68820", name: "IWbemLevel1Login", ops: `
		- - - EstablishPosition RequestChallenge WBEMLogin NTLMLogin`},
	{uuid: "d4781cd6-e5d3-44df-ad94-930efe48a887", name: "IWbemLoginClientID"},
	{uuid: "44aca674-e8fc-11d0-a07c-00c04fb68820", name: "IWbemContext interface"},
	{uuid: "674b6698-ee92-11d0-ad71-00c04fd8fdff", name: "IWbemContext unmarshaler"},
	{uuid: "dc12a681-737f-11cf-884d-00aa004b2e24", name: "IWbemClassObject interface"},
	{uuid: "4590f812-1d3a-11d0-891f-00aa004b2e24", name: "IWbemClassObject unmarshaler"},
	{uuid: "9a653086-174f-11d2-b5f9-00104b703efd", name: "IWbemClassObject interface"},
	{uuid: "c49e32c6-bc8b-11d2-85d4-00105a1f8304", name: "IWbemBackupRestoreEx interface"},
	{uuid: "7c857801-7381-11cf-884d-00aa004b2e24", name: "IWbemObjectSink interface"},
	{uuid: "027947e1-d731-11ce-a357-000000000001", name: "IEnumWbemClassObject interface"},
	{uuid: "44aca675-e8fc-11d0-a07c-00c04fb68820", name: "IWbemCallResult interface"},
	{uuid: "c49e32c7-bc8b-11d2-85d4-00105a1f8304", name: "IWbemBackupRestore interface"},
	{uuid: "a359dec5-e813-4834-8a2a-ba7f1d777d76", name: "IWbemBackupRestoreEx interface"},
	{uuid: "f1e9c5b2-f59b-11d2-b362-00105a1f8177", name: "IWbemRemoteRefresher interface"},
	{uuid: "2c9273e0-1dc3-11d3-b364-00105a1f8177", name: "IWbemRefreshingServices interface"},
	{uuid: "423ec01e-2e35-11d2-b604-00104b703efd", name: "IWbemWCOSmartEnum interface"},
	{uuid: "1c1c45ee-4395-11d2-b60b-00104b703efd", name: "IWbemFetchSmartEnum interface"},
	{uuid: "541679ab-2e5f-11d3-b34e-00104bcc4b4a", name: "IWbemLoginHelper interface"},
	{uuid: "906b0ce0-c70b-1067-b317-00dd010662da", name: "IXnRemote"},
	{uuid: "c3fcc19e-a970-11d2-8b5a-00a0c9b7c9c4", name: "IManagedObject"},
	{uuid: "70b51430-b6ca-11d0-b9b9-00a0c922e750", name: "IMSAdminBaseW"},
}
