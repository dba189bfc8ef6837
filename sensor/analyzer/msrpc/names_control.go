package msrpc

// control are the interfaces that make a host do something: services, tasks, registry, shutdown, logs. Names are those of [MS-SCMR], [MS-TSCH],
// [MS-RRP], [MS-RSP], [MS-EVEN] and [MS-EVEN6].
var control = []listed{
	{uuid: "367abb81-9844-35f1-ad32-98f038001003", name: "svcctl", ops: `
		CloseServiceHandle ControlService DeleteService LockServiceDatabase QueryServiceObjectSecurity SetServiceObjectSecurity
		QueryServiceStatus SetServiceStatus UnlockServiceDatabase NotifyBootConfigStatus ScSetServiceBitsW ChangeServiceConfigW CreateServiceW
		EnumDependentServicesW EnumServicesStatusW OpenSCManagerW OpenServiceW QueryServiceConfigW QueryServiceLockStatusW StartServiceW
		GetServiceDisplayNameW GetServiceKeyNameW ScSetServiceBitsA ChangeServiceConfigA CreateServiceA EnumDependentServicesA
		EnumServicesStatusA OpenSCManagerA OpenServiceA QueryServiceConfigA QueryServiceLockStatusA StartServiceA GetServiceDisplayNameA
		GetServiceKeyNameA ScGetCurrentGroupStateW EnumServiceGroupW ChangeServiceConfig2A ChangeServiceConfig2W QueryServiceConfig2A
		QueryServiceConfig2W QueryServiceStatusEx EnumServicesStatusExA EnumServicesStatusExW ScSendTSMessage CreateServiceWOW64A
		CreateServiceWOW64W ScQueryServiceTagInfo NotifyServiceStatusChange GetNotifyResult CloseNotifyHandle ControlServiceExA
		ControlServiceExW ScSendPnPMessage ScValidatePnPService ScOpenServiceStatusHandle - OpenSCManager2 - - - CreateWowService`},
	{uuid: taskUUID, name: "ITaskSchedulerService", texts: 2, ops: `
		SchRpcHighestVersion SchRpcRegisterTask SchRpcRetrieveTask SchRpcCreateFolder SchRpcSetSecurity SchRpcGetSecurity SchRpcEnumFolder
		SchRpcEnumTasks SchRpcEnumInstances SchRpcGetInstanceInfo SchRpcStopInstance SchRpcStop SchRpcRun SchRpcDelete SchRpcRename
		SchRpcScheduledRuntimes SchRpcGetLastRunInfo SchRpcGetTaskInfo SchRpcGetNumberOfMissedRuns SchRpcEnableTask`},
	{uuid: "1ff70682-0a51-30e8-076d-740be8cee98b", name: "atsvc", ops: `NetrJobAdd NetrJobDel NetrJobEnum NetrJobGetInfo`},
	{uuid: "378e52b0-c0a9-11cf-822d-00aa0051e40f", name: "sasec", texts: 2, ops: `
		SASetAccountInformation SASetNSAccountInformation SAGetNSAccountInformation SAGetAccountInformation`},
	{uuid: "0a74ef1c-41a4-4e06-83ae-dc74fb1cdd53", name: "idletask", ops: `
		ItSrvRegisterIdleTask ItSrvUnregisterIdleTask ItSrvProcessIdleTasks ItSrvSetDetectionParameters`},
	{uuid: "338cd001-2244-31f1-aaaa-900038001003", name: "winreg", ops: `
		OpenClassesRoot OpenCurrentUser OpenLocalMachine OpenPerformanceData OpenUsers BaseRegCloseKey BaseRegCreateKey BaseRegDeleteKey
		BaseRegDeleteValue BaseRegEnumKey BaseRegEnumValue BaseRegFlushKey BaseRegGetKeySecurity BaseRegLoadKey BaseRegNotifyChangeKeyValue
		BaseRegOpenKey BaseRegQueryInfoKey BaseRegQueryValue BaseRegReplaceKey BaseRegRestoreKey BaseRegSaveKey BaseRegSetKeySecurity
		BaseRegSetValue BaseRegUnLoadKey BaseInitiateSystemShutdown BaseAbortSystemShutdown BaseRegGetVersion OpenCurrentConfig OpenDynData
		BaseRegQueryMultipleValues BaseInitiateSystemShutdownEx BaseRegSaveKeyEx OpenPerformanceText OpenPerformanceNlsText
		BaseRegQueryMultipleValues2 BaseRegDeleteKeyEx`},
	{uuid: "894de0c0-0d55-11d3-a322-00c04fa321a1", name: "InitShutdown", ops: `BaseInitiateShutdown BaseAbortShutdown BaseInitiateShutdownEx`},
	{uuid: "d95afe70-a6d5-4259-822e-2c84da1ddb0d", name: "WindowsShutdown", ops: `WsdrInitiateShutdown WsdrAbortShutdown`},
	{uuid: "82273fdc-e32a-18c3-3f78-827929dc23ea", name: "eventlog", ops: `
		ElfrClearELFW ElfrBackupELFW ElfrCloseEL ElfrDeregisterEventSource ElfrNumberOfRecords ElfrOldestRecord ElfrChangeNotify ElfrOpenELW
		ElfrRegisterEventSourceW ElfrOpenBELW ElfrReadELW ElfrReportEventW ElfrClearELFA ElfrBackupELFA ElfrOpenELA ElfrRegisterEventSourceA
		ElfrOpenBELA ElfrReadELA ElfrReportEventA ElfrRegisterClusterSvc ElfrDeregisterClusterSvc ElfrWriteClusterEvents ElfrGetLogInformation
		ElfrFlushEL ElfrReportEventAndSourceW`},
	{uuid: "f6beaff7-1e19-4fbb-9f8f-b89e2018337c", name: "IEventService", ops: `
		EvtRpcRegisterRemoteSubscription EvtRpcRemoteSubscriptionNextAsync EvtRpcRemoteSubscriptionNext EvtRpcRemoteSubscriptionWaitAsync
		EvtRpcRegisterControllableOperation EvtRpcRegisterLogQuery EvtRpcClearLog EvtRpcExportLog EvtRpcLocalizeExportLog EvtRpcMessageRender
		EvtRpcMessageRenderDefault EvtRpcQueryNext EvtRpcQuerySeek EvtRpcClose EvtRpcCancel EvtRpcAssertConfig EvtRpcRetractConfig
		EvtRpcOpenLogHandle EvtRpcGetLogFileInfo EvtRpcGetChannelList EvtRpcGetChannelConfig EvtRpcPutChannelConfig EvtRpcGetPublisherList
		EvtRpcGetPublisherListForChannel EvtRpcGetPublisherMetadata EvtRpcGetPublisherResourceMetadata EvtRpcGetEventMetadataEnum
		EvtRpcGetNextEventMetadata EvtRpcGetClassicLogDisplayName`},
	{uuid: "17fdd703-1827-4e34-79d4-24a55c53bb37", name: "msgsvc", ops: `
		NetrMessageNameAdd NetrMessageNameEnum NetrMessageNameGetInfo NetrMessageNameDel`},
	{uuid: "5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc", name: "msgsvcsend", ops: `NetrSendMessage`},
	{uuid: "8d9f4e40-a03d-11ce-8f69-08003e30051b", name: "pnp", ops: `
		PNP_Disconnect PNP_Connect PNP_GetVersion PNP_GetGlobalState PNP_InitDetection PNP_ReportLogOn PNP_ValidateDeviceInstance
		PNP_GetRootDeviceInstance PNP_GetRelatedDeviceInstance PNP_EnumerateSubKeys PNP_GetDeviceList PNP_GetDeviceListSize PNP_GetDepth
		PNP_GetDeviceRegProp PNP_SetDeviceRegProp PNP_GetClassInstance PNP_CreateKey PNP_DeleteRegistryKey PNP_GetClassCount PNP_GetClassName
		PNP_DeleteClassKey PNP_GetInterfaceDeviceAlias PNP_GetInterfaceDeviceList PNP_GetInterfaceDeviceListSize
		PNP_RegisterDeviceClassAssociation PNP_UnregisterDeviceClassAssociation PNP_GetClassRegProp PNP_SetClassRegProp PNP_CreateDevInst
		PNP_DeviceInstanceAction PNP_GetDeviceStatus PNP_SetDeviceProblem PNP_DisableDevInst PNP_UninstallDevInst PNP_AddID PNP_RegisterDriver
		PNP_QueryRemove PNP_RequestDeviceEject PNP_IsDockStationPresent PNP_RequestEjectPC PNP_HwProfFlags PNP_GetHwProfInfo
		PNP_AddEmptyLogConf PNP_FreeLogConf PNP_GetFirstLogConf PNP_GetNextLogConf PNP_GetLogConfPriority PNP_AddResDes PNP_FreeResDes
		PNP_GetNextResDes PNP_GetResDesData PNP_GetResDesDataSize PNP_ModifyResDes PNP_DetectResourceConflict PNP_QueryResConfList
		PNP_SetHwProf PNP_QueryArbitratorFreeData PNP_QueryArbitratorFreeSize PNP_RunDetection PNP_RegisterNotification
		PNP_UnregisterNotification PNP_GetCustomDevProp PNP_GetVersionInternal PNP_GetBlockedDriverInfo PNP_GetServerSideDeviceInstallFlags
		PNP_GetObjectPropKeys PNP_GetObjectProp PNP_SetObjectProp PNP_InstallDevInst PNP_ApplyPowerSettings PNP_DriverStoreAddDriverPackage
		PNP_DriverStoreDeleteDriverPackage PNP_RegisterServiceNotification PNP_SetActiveService PNP_DeleteServiceDevices`},
	{uuid: "50abc2a4-574d-40b3-9d66-ee4fd5fba076", name: "dnsserver", ops: `
		DnssrvOperation DnssrvQuery DnssrvComplexOperation DnssrvEnumRecords DnssrvUpdateRecord DnssrvOperation2 DnssrvQuery2
		DnssrvComplexOperation2 DnssrvEnumRecords2 DnssrvUpdateRecord2`},
	{uuid: "45f52c28-7f9f-101a-b52b-08002b2efabe", name: "winspipe", ops: `
		R_WinsRecordAction R_WinsStatus R_WinsTrigger R_WinsDoStaticInit R_WinsDoScavenging R_WinsGetDbRecs R_WinsTerm R_WinsBackup
		R_WinsDelDbRecs R_WinsPullRange R_WinsSetPriorityClass R_WinsResetCounters R_WinsWorkerThdUpd R_WinsGetNameAndAdd
		R_WinsGetBrowserNames_Old R_WinsDeleteWins R_WinsSetFlags R_WinsGetDbRecsByName R_WinsStatusWHdl R_WinsDoScavengingNew`},
	{uuid: "5ca4a760-ebb1-11cf-8611-00a0245420ed", name: "winstation_rpc", ops: `
		RpcWinStationOpenServer RpcWinStationCloseServer RpcIcaServerPing RpcWinStationEnumerate RpcWinStationRename
		RpcWinStationQueryInformation RpcWinStationSetInformation RpcWinStationSendMessage RpcLogonIdFromWinStationName
		RpcWinStationNameFromLogonId RpcWinStationConnect RpcWinStationVirtualOpen RpcWinStationBeepOpen RpcWinStationDisconnect
		RpcWinStationReset RpcWinStationShutdownSystem RpcWinStationWaitSystemEvent RpcWinStationShadow`},
	{uuid: "6b5bdd1e-528c-422c-af8c-a4079be4fe48", name: "RemoteFW"},
	{uuid: "29770a8f-829b-4158-90a2-78cd488501f7", name: "SessEnvPublicRpc"},
	{uuid: "88143fd0-c28d-4b2b-8fef-8d882f6a9390", name: "TermSrvEnumeration"},
	{uuid: "484809d6-4239-471b-b5bc-61df8c23ac48", name: "TermSrvSession"},
	{uuid: "1257b580-ce2f-4109-82d6-a9459d0bf6bc", name: "SessEnvRpc"},
	{uuid: "b97db8b2-4c63-11cf-bff6-08002be23f2f", name: "clusapi"},
	{uuid: "8fb6d884-2388-11d0-8c35-00c04fda2795", name: "W32Time"},
	{uuid: "2f5f6520-ca46-1067-b319-00dd010662da", name: "tapsrv"},
	{uuid: "8f09f000-b7ed-11ce-bbd2-00001a181cad", name: "rasrpc"},
	{uuid: "6bffd098-a112-3610-9833-46c3f874532d", name: "dhcpsrv"},
	{uuid: "5b821720-f63b-11d0-aad2-00c04fc324db", name: "dhcpsrv2"},
	{uuid: "3c4728c5-f0ab-448b-bda1-6ce01eb0a6d5", name: "RpcSrvDHCPC"},
	{uuid: "3c4728c5-f0ab-448b-bda1-6ce01eb0a6d6", name: "dhcpcsvc6"},
	{uuid: "811109bf-a4e1-11d1-ab54-00a0c91e9b45", name: "winsi2"},
	{uuid: "da5a86c5-12c2-4943-ab30-7f74a813d853", name: "perflibv2"},
	{uuid: "fdb3a030-065f-11d1-bb9b-00a024ea5525", name: "qmcomm"},
	{uuid: "1a927394-352e-4553-ae3f-7cf4aafca620", name: "wdsrpc"},
	{uuid: "2f59a331-bf7d-48cb-9ec5-7c090d76e8b8", name: "lcrpc"},
	{uuid: "3d267954-eeb7-11d1-b94e-00c04fa3080d", name: "HydraLsPipe"},
	{uuid: "51c82175-844e-4750-b0d8-ec255555bc06", name: "KMS"},
	{uuid: "c8cb7687-e6d3-11d2-a958-00c04f682e16", name: "DAV RPC SERVICE"},
	{uuid: "3faf4738-3a21-4307-b46c-fdda9bb8c0d5", name: "AudioSrv"},
	{uuid: "c386ca3e-9061-4a72-821e-498d83be188f", name: "AudioRpc"},
	{uuid: "57674cd0-5200-11ce-a897-08002b2e9c6d", name: "lls_license", ops: `LlsrLicenseRequestW LlsrLicenseFree`},
	{uuid: "342cfd40-3c6c-11ce-a893-08002b2e9c6d", name: "llsrpc", ops: `LlsrConnect LlsrClose`},
	{uuid: "83da7c00-e84f-11d2-9807-00c04f8ec850", name: "sfcapi"},
	{uuid: "2f5f3220-c126-1076-b549-074d078619da", name: "nddeapi"},
}

const taskUUID = "86d35949-83c9-4044-b424-db363231fd0c"
