using System.Collections.Frozen;
using static NodeAgent.Bindings.Kvm.CpuidRegister;

namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// The feature bits of CPUID with their names, and the way from raw leaves to names. Sources: the processor makers'
/// manuals for the bits, <c>/proc/cpuinfo</c> and QEMU for the spelling.
/// </summary>
public static class CpuidFeatures
{
    /// <summary>Every feature known here, in the order of leaf, register and bit.</summary>
    public static IReadOnlyList<CpuidFeature> All { get; } =
    [
        // A name for each bit from bit 0 up; "-" for a bit that names nothing, "N:" to go on at bit N.
        .. Bits(0x1, 0, Ecx,
            "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid dca sse4_1 "
            + "sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave osxsave avx f16c rdrand hypervisor"),
        .. Bits(0x1, 0, Edx,
            "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts acpi mmx fxsr "
            + "sse sse2 ss ht tm ia64 pbe"),
        .. Bits(0x6, 0, Eax, "dtherm ida arat - pln - pts hwp hwp_notify hwp_act_window hwp_epp hwp_pkg_req 19: hfi"),
        .. Bits(0x7, 0, Ebx,
            "fsgsbase tsc_adjust sgx bmi1 hle avx2 fdp_excptn_only smep bmi2 erms invpcid rtm cqm zero_fcs_fds mpx rdt_a "
            + "avx512f avx512dq rdseed adx smap avx512ifma - clflushopt clwb intel_pt avx512pf avx512er avx512cd sha_ni "
            + "avx512bw avx512vl"),
        .. Bits(0x7, 0, Ecx,
            "prefetchwt1 avx512vbmi umip pku ospke waitpkg avx512_vbmi2 shstk gfni vaes vpclmulqdq avx512_vnni "
            + "avx512_bitalg tme avx512_vpopcntdq - la57 22: rdpid - bus_lock_detect cldemote - movdiri movdir64b enqcmd "
            + "sgx_lc pks"),
        .. Bits(0x7, 0, Edx,
            "2: avx512_4vnniw avx512_4fmaps fsrm uintr 8: avx512_vp2intersect srbds_ctrl md_clear rtm_always_abort - "
            + "tsx_force_abort serialize hybrid_cpu tsxldtrk - pconfig arch_lbr ibt - amx_bf16 avx512_fp16 amx_tile "
            + "amx_int8 spec_ctrl stibp flush_l1d arch_capabilities core_capabilities ssbd"),
        .. Bits(0x7, 1, Eax,
            "sha512 sm3 sm4 - avx_vnni avx512_bf16 - cmpccxadd 10: fzrm fsrs fsrc 17: fred lkgs wrmsrns nmi_source "
            + "amx_fp16 hreset avx_ifma 26: lam"),
        .. Bits(0x7, 1, Edx, "4: avx_vnni_int8 avx_ne_convert 8: amx_complex 10: avx_vnni_int16 14: prefetchi 19: avx10"),
        .. Bits(0x7, 2, Edx, "psfd ipred_ctrl rrsba_ctrl ddpd_u bhi_ctrl mcdt_no"),
        .. Bits(0xD, 1, Eax, "xsaveopt xsavec xgetbv1 xsaves xfd"),
        .. Bits(0x4000_0001, 0, Eax,
            "kvmclock kvm_nopiodelay kvm_mmu kvmclock2 kvm_asyncpf kvm_steal_time kvm_pv_eoi kvm_pv_unhalt 9: "
            + "kvm_pv_tlb_flush kvm_asyncpf_vmexit kvm_pv_ipi kvm_poll_control kvm_pv_sched_yield kvm_asyncpf_int "
            + "kvm_msi_ext_dest_id kvm_hc_map_gpa_range kvm_migration_control 24: kvmclock_stable_bit"),
        .. Bits(0x8000_0001, 0, Ecx,
            "lahf_lm cmp_legacy svm extapic cr8_legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp "
            + "fma4 tce - nodeid_msr - tbm topoext perfctr_core perfctr_nb - bpext ptsc perfctr_llc mwaitx"),
        .. Bits(0x8000_0001, 0, Edx,
            "11: syscall 19: mp nx - mmxext 25: fxsr_opt pdpe1gb rdtscp - lm 3dnowext 3dnow"),
        .. Bits(0x8000_0007, 0, Ebx, "overflow_recov succor - smca"),
        .. Bits(0x8000_0007, 0, Edx, "8: invtsc"),
        .. Bits(0x8000_0008, 0, Ebx,
            "clzero irperf xsaveerptr - rdpru 9: wbnoinvd 12: amd_ibpb 14: amd_ibrs amd_stibp 17: amd_stibp_always_on "
            + "24: amd_ssbd virt_ssbd amd_no_ssb cppc amd_psfd btc_no amd_ibpb_ret"),
        .. Bits(0x8000_000A, 0, Edx,
            "npt lbrv svm_lock nrip_save tsc_scale vmcb_clean flushbyasid decodeassists 10: pausefilter - pfthreshold "
            + "avic - v_vmsave_vmload vgif - x2avic - v_spec_ctrl 25: vnmi 28: svme_addr_chk"),
        .. Bits(0x8000_001F, 0, Eax, "sme sev - sev_es sev_snp 9: v_tsc_aux sme_coherent 14: debug_swap"),
        .. Bits(0x8000_0021, 0, Eax,
            "no_nested_data_bp wrmsr_xx_base_ns lfence_rdtsc 6: null_sel_clr_base 8: autoibrs no_smm_ctl_msr 27: sbpb "
            + "ibpb_brtype srso_no srso_user_kernel_no"),
        .. Bits(0x8000_0022, 0, Eax, "perfmon_v2 amd_lbr_v2 amd_lbr_pmc_freeze"),
        .. Bits(0xC000_0001, 0, Edx,
            "2: rng rng_en - - ace ace_en ace2 ace2_en phe phe_en pmm pmm_en"),
    ];

    private static readonly FrozenDictionary<(uint Leaf, uint Subleaf), CpuidFeature[]> ByLeaf =
        All.GroupBy(feature => (feature.Leaf, feature.Subleaf))
            .ToFrozenDictionary(group => group.Key, group => group.ToArray());

    /// <summary>The names of the features whose bits are set in <paramref name="entries"/>, sorted ordinally.</summary>
    public static IReadOnlyList<string> Decode(IEnumerable<CpuidEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (ByLeaf.TryGetValue((entry.Leaf, entry.Subleaf), out var features))
            {
                names.UnionWith(features.Where(feature => IsSet(entry, feature)).Select(feature => feature.Name));
            }
        }

        return [.. names];
    }

    private static bool IsSet(in CpuidEntry entry, CpuidFeature feature)
    {
        var answer = feature.Register switch
        {
            Eax => entry.Eax,
            Ebx => entry.Ebx,
            Ecx => entry.Ecx,
            _ => entry.Edx,
        };
        return ((answer >> feature.Bit) & 1) != 0;
    }

    private static IEnumerable<CpuidFeature> Bits(uint leaf, uint subleaf, CpuidRegister register, string names)
    {
        var bit = 0;
        foreach (var word in names.Split(' '))
        {
            if (word.EndsWith(':'))
            {
                bit = int.Parse(word.AsSpan(0, word.Length - 1));
                continue;
            }

            if (word != "-")
            {
                yield return new CpuidFeature(word, leaf, subleaf, register, bit);
            }

            bit++;
        }
    }
}
