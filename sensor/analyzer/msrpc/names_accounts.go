package msrpc

// accounts are the interfaces about accounts, domains and trust. Names are those of [MS-LSAD], [MS-LSAT], [MS-SAMR], [MS-NRPC], [MS-DRSR],
// [MS-BKRP] and [MS-DSSP], as Zeek writes them.
var accounts = []listed{
	{uuid: "12345778-1234-abcd-ef00-0123456789ab", name: "lsarpc", ops: `
		LsarClose LsarDelete LsarEnumeratePrivileges LsarQuerySecurityObject LsarSetSecurityObject LsarChangePassword LsarOpenPolicy
		LsarQueryInformationPolicy LsarSetInformationPolicy LsarClearAuditLog LsarCreateAccount LsarEnumerateAccounts LsarCreateTrustedDomain
		LsarEnumerateTrustedDomains LsarLookupNames LsarLookupSids LsarCreateSecret LsarOpenAccount LsarEnumeratePrivilegesAccount
		LsarAddPrivilegesToAccount LsarRemovePrivilegesFromAccount LsarGetQuotasForAccount LsarSetQuotasForAccount LsarGetSystemAccessAccount
		LsarSetSystemAccessAccount LsarOpenTrustedDomain LsarQueryInfoTrustedDomain LsarSetInformationTrustedDomain LsarOpenSecret LsarSetSecret
		LsarQuerySecret LsarLookupPrivilegeValue LsarLookupPrivilegeName LsarLookupPrivilegeDisplayName LsarDeleteObject
		LsarEnumerateAccountsWithUserRight LsarEnumerateAccountRights LsarAddAccountRights LsarRemoveAccountRights LsarQueryTrustedDomainInfo
		LsarSetTrustedDomainInfo LsarDeleteTrustedDomain LsarStorePrivateData LsarRetrievePrivateData LsarOpenPolicy2 LsarGetUserName
		LsarQueryInformationPolicy2 LsarSetInformationPolicy2 LsarQueryTrustedDomainInfoByName LsarSetTrustedDomainInfoByName
		LsarEnumerateTrustedDomainsEx LsarCreateTrustedDomainEx LsarCloseTrustedDomainEx LsarQueryDomainInformationPolicy
		LsarSetDomainInformationPolicy LsarOpenTrustedDomainByName LsarTestCall LsarLookupSids2 LsarLookupNames2 LsarCreateTrustedDomainEx2
		CredrWrite CredrRead CredrEnumerate CredrWriteDomainCredentials CredrReadDomainCredentials CredrDelete CredrGetTargetInfo
		CredrProfileLoaded LsarLookupNames3 CredrGetSessionTypes LsarRegisterAuditEvent LsarGenAuditEvent LsarUnregisterAuditEvent
		LsarQueryForestTrustInformation LsarSetForestTrustInformation CredrRename LsarLookupSids3 LsarLookupNames4 LsarOpenPolicySce
		LsarAdtRegisterSecurityEventSource LsarAdtUnregisterSecurityEventSource LsarAdtReportSecurityEvent CredrFindBestCredential
		LsarSetAuditPolicy LsarQueryAuditPolicy LsarEnumerateAuditPolicy LsarEnumerateAuditCategories LsarEnumerateAuditSubCategories
		LsarLookupAuditCategoryName LsarLookupAuditSubCategoryName LsarSetAuditSecurity LsarQueryAuditSecurity CredReadByTokenHandle
		CredrRestoreCredentials CredrBackupCredentials`},
	{uuid: "12345778-1234-abcd-ef00-0123456789ac", name: "samr", ops: `
		SamrConnect SamrCloseHandle SamrSetSecurityObject SamrQuerySecurityObject SamrShutdownSamServer SamrLookupDomainInSamServer
		SamrEnumerateDomainsInSamServer SamrOpenDomain SamrQueryInformationDomain SamrSetInformationDomain SamrCreateGroupInDomain
		SamrEnumerateGroupsInDomain SamrCreateUserInDomain SamrEnumerateUsersInDomain SamrCreateAliasInDomain SamrEnumerateAliasesInDomain
		SamrGetAliasMembership SamrLookupNamesInDomain SamrLookupIdsInDomain SamrOpenGroup SamrQueryInformationGroup SamrSetInformationGroup
		SamrAddMemberToGroup SamrDeleteGroup SamrRemoveMemberFromGroup SamrGetMembersInGroup SamrSetMemberAttributesOfGroup SamrOpenAlias
		SamrQueryInformationAlias SamrSetInformationAlias SamrDeleteAlias SamrAddMemberToAlias SamrRemoveMemberFromAlias SamrGetMembersInAlias
		SamrOpenUser SamrDeleteUser SamrQueryInformationUser SamrSetInformationUser SamrChangePasswordUser SamrGetGroupsForUser
		SamrQueryDisplayInformation SamrGetDisplayEnumerationIndex SamrTestPrivateFunctionsDomain SamrTestPrivateFunctionsUser
		SamrGetUserDomainPasswordInformation SamrRemoveMemberFromForeignDomain SamrQueryInformationDomain2 SamrQueryInformationUser2
		SamrQueryDisplayInformation2 SamrGetDisplayEnumerationIndex2 SamrCreateUser2InDomain SamrQueryDisplayInformation3
		SamrAddMultipleMembersToAlias SamrRemoveMultipleMembersFromAlias SamrOemChangePasswordUser2 SamrUnicodeChangePasswordUser2
		SamrGetDomainPasswordInformation SamrConnect2 SamrSetInformationUser2 SamrSetBootKeyInformation SamrGetBootKeyInformation SamrConnect3
		SamrConnect4 SamrUnicodeChangePasswordUser3 SamrConnect5 SamrRidToSid SamrSetDSRMPassword SamrValidatePassword
		SamrQueryLocalizableAccountsInDomain SamrPerformGenericOperation`},
	{uuid: netlogonUUID, name: "netlogon", ops: `
		NetrLogonUasLogon NetrLogonUasLogoff NetrLogonSamLogon NetrLogonSamLogoff NetrServerReqChallenge NetrServerAuthenticate
		NetrServerPasswordSet NetrDatabaseDeltas NetrDatabaseSync NetrAccountDeltas NetrAccountSync NetrGetDCName NetrLogonControl
		NetrGetAnyDCName NetrLogonControl2 NetrServerAuthenticate2 NetrDatabaseSync2 NetrDatabaseRedo NetrLogonControl2Ex
		NetrEnumerateTrustedDomains DsrGetDcName NetrLogonGetCapabilities NetrLogonSetServiceBits NetrLogonGetTrustRid
		NetrLogonComputeServerDigest NetrLogonComputeClientDigest NetrServerAuthenticate3 DsrGetDcNameEx DsrGetSiteName NetrLogonGetDomainInfo
		NetrServerPasswordSet2 NetrServerPasswordGet NetrLogonSendToSam DsrAddressToSiteNamesW DsrGetDcNameEx2
		NetrLogonGetTimeServiceParentDomain NetrEnumerateTrustedDomainsEx DsrAddressToSiteNamesExW DsrGetDcSiteCoverageW NetrLogonSamLogonEx
		DsrEnumerateDomainTrusts DsrDeregisterDnsHostRecords NetrServerTrustPasswordsGet DsrGetForestTrustInformation
		NetrGetForestTrustInformation NetrLogonSamLogonWithFlags NetrServerGetTrustInfo unused DsrUpdateReadOnlyServerDnsRecords
		NetrChainSetClientAttributes`},
	{uuid: "e3514235-4b06-11d1-ab04-00c04fc2dcd2", name: "drsuapi", ops: `
		DRSBind DRSUnbind DRSReplicaSync DRSGetNCChanges DRSUpdateRefs DRSReplicaAdd DRSReplicaDel DRSReplicaModify DRSVerifyNames
		DRSGetMemberships DRSInterDomainMove DRSGetNT4ChangeLog DRSCrackNames DRSWriteSPN DRSRemoveDsServer DRSRemoveDsDomain
		DRSDomainControllerInfo DRSAddEntry DRSExecuteKCC DRSGetReplInfo DRSAddSidHistory DRSGetMemberships2 DRSReplicaVerifyObjects
		DRSGetObjectExistence DRSQuerySitesByCost DRSInitDemotion DRSReplicaDemotion DRSFinishDemotion DRSAddCloneDC DRSWriteNgcKey
		DRSReadNgcKey`},
	{uuid: "7c44d7d4-31d5-424c-bd5e-2b3e1f323d22", name: "dsaop", ops: `DSAPrepareScript DSAExecuteScript`},
	{uuid: "3919286a-b10c-11d0-9ba8-00c04fd92ef5", name: "dssetup", ops: `
		DsRolerGetPrimaryDomainInformation DsRolerDnsNameToFlatName DsRolerDcAsDc DsRolerDcAsReplica DsRolerDemoteDc
		DsRolerGetDcOperationProgress DsRolerGetDcOperationResults DsRolerCancel DsRolerServerSaveStateForUpgrade DsRolerUpgradeDownlevelServer
		DsRolerAbortDownlevelServerUpgrade`},
	{uuid: "3dde7c30-165d-11d1-ab8f-00805f14db40", name: "BackupKey", ops: `bkrp_BackupKey`},
	{uuid: "b9785960-524f-11df-8b6d-83dcded72085", name: "ISDKey", ops: `GetKey`},
	{uuid: "91ae6020-9e3c-11cf-8d7c-00aa00c091be", name: "ICertPassage", ops: `CertServerRequest`},
	{uuid: "d99e6e70-fc88-11d0-b498-00a0c90312f3", name: "ICertRequestD", ops: `- - - Request GetCACert Ping`},
	{uuid: "d99e6e71-fc88-11d0-b498-00a0c90312f3", name: "ICertAdminD"},
	{uuid: "7fe0d935-dda6-443f-85d0-1cfb58fe41dd", name: "ICertAdminD2"},
	{uuid: "f5cc5a18-4264-101a-8c59-08002b2f8426", name: "nspi", ops: `
		NspiBind NspiUnbind NspiUpdateStat NspiQueryRows NspiSeekEntries NspiGetMatches NspiResortRestriction NspiDNToEph NspiGetPropList
		NspiGetProps`},
	{uuid: "1544f5e0-613c-11d1-93df-00c04fd7bd09", name: "exchange_rfr"},
	{uuid: "a4f1db00-ca47-1067-b31f-00dd010662da", name: "exchange_mapi", ops: `
		EcDoConnect EcDoDisconnect EcDoRpc EcGetMoreRpc EcRRegisterPushNotification EcRUnregisterPushNotification EcDummyRpc EcRGetDCName
		EcRNetGetDCName EcDoRpcExt EcDoConnectEx EcDoRpcExt2 EcUnknown0xC EcUnknown0xD EcDoAsyncConnectEx`},
	{uuid: "5261574a-4572-206e-b268-6b199213b4e4", name: "AsyncEMSMDB"},
	{uuid: "12b81e99-f207-4a4c-85d3-77b42f76fd14", name: "ISeclogon", ops: `SeclCreateProcessWithLogonW SeclCreateProcessWithLogonExW`},
	{uuid: "8d0ffe72-d252-11d0-bf8f-00c04fd9126b", name: "IKeySvc"},
	{uuid: "68b58241-c259-4f03-a2e5-a2651dcbc930", name: "IKeySvc2"},
	{uuid: "0d72a7d4-6148-11d1-b4aa-00c04fb66ea0", name: "ICertProtect"},
	{uuid: "f50aac00-c7f3-428e-a022-a6b71bfb9d43", name: "ICatDBSvc"},
	{uuid: "afc07e2e-311c-4435-808c-c483ffeec7c9", name: "lsacap"},
}

const netlogonUUID = "12345678-1234-abcd-ef00-01234567cffb"
