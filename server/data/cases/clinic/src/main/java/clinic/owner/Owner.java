package clinic.owner;

import jakarta.persistence.*;
import java.time.LocalDate;
import java.util.*;
import org.springframework.util.Assert;

/** Whoever brings a pet. */
@Entity
@Table(name = "owners", indexes = { @Index(name = "by_name", columnList = "lastName, firstName") })
public class Owner extends Person {

    @Column(nullable = false, length = 200)
    private String address;

    @Column(name = "phone", unique = true)
    @NotBlank
    private String telephone;

    @OneToMany(cascade = CascadeType.ALL, fetch = FetchType.EAGER, mappedBy = "owner")
    @OrderBy("name")
    private final List<Pet> pets = new ArrayList<>();

    @OneToMany
    @JoinColumn(name = "payer_id")
    private Set<Bill> bills;

    @Embedded
    private Insurance insurance;

    public String getAddress() {
        return this.address;
    }
}

@MappedSuperclass
abstract class Person {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private Long id;
    private String firstName;
    private String lastName;
}

@Embeddable
class Insurance {
    @Column(name = "insurer") private String company;
    private LocalDate validUntil;
}

@Entity
@Inheritance(strategy = InheritanceType.SINGLE_TABLE)
class Pet {
    @Id @GeneratedValue private UUID id;
    @Enumerated(EnumType.STRING) @Column(length = 10) private Species species;
    @Temporal(TemporalType.DATE) private Date born;
    @ManyToOne(optional = false) private Owner owner;
    @ManyToMany @JoinTable(name = "pet_vets") private Set<Vet> vets;
    @Lob private String history;
}

@Entity
class Bird extends Pet { private double wingSpan; }

@Entity
class Vet { @EmbeddedId private VetKey key; private boolean onDuty; }

@Embeddable
class VetKey { private int district; private int number; }

enum Species { DOG, CAT, BIRD }

@Entity
class Bill { @Id private Integer number; @Column(precision = 9, scale = 2) private BigDecimal sum; }
